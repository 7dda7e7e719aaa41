// Strings of 100 MB.
// expect: interrupted
print('ready');
for (;;) { 'a'.repeat(scale * 100e6); 'ab'.repeat(scale * 50e6); '\u1234'.repeat(scale * 50e6); }
