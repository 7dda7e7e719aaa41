// Expressions that look at every character of 100 MB, and of 5 MB that each is
// a state to come back to.
// expect: interrupted
const a = 'a'.repeat(scale * 100e6), b = 'a'.repeat(scale * 5e6);
print('ready');
for (;;) { /b/.test(a); /a*$/.test(b); /[^a]/.exec(a); /(?=b)/.test(a); /b$/m.test(a); }
