// The console is flooded.
// expect: output
// with: output=65536
for (;;) console.log('flood');
