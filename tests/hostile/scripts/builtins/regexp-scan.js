// Expressions that look at every character of 100 MB.
// expect: interrupted
const a = 'a'.repeat(scale * 100e6);
print('ready');
for (;;) { /b/.test(a); /a*$/.test(a); /[^a]/.exec(a); /(?=b)/.test(a); /b$/m.test(a); }
