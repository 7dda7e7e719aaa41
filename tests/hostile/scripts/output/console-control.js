// Text that drives a terminal, without end.
// expect: output
// with: output=65536
for (;;) console.log('\x1b[2J\x07\x1b]0;owned\x07\r\n');
