// Symbols of huge names.
// expect: interrupted
const m = 'm'.repeat(scale * 60e6);
print('ready');
for (;;) { Symbol(m); Symbol.for(m + 1); Symbol(m).toString(); }
