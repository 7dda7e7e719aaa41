// Errors with huge messages and deep stacks.
// expect: interrupted
const m = 'm'.repeat(scale * 30e6);
const f = (n) => n ? f(n - 1) : new Error(m).stack;
print('ready');
for (;;) f(500);
