// Standard error is flooded.
// expect: output
// with: output=65536
for (;;) console.error('flood');
