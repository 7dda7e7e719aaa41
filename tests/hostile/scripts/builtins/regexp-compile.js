// Expressions of 16 MB are compiled.
// expect: interrupted
const a = 'a'.repeat(scale * 16e6);
print('ready');
for (;;) new RegExp(a);
