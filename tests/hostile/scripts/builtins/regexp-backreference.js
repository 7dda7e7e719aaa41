// A reference back to millions of characters.
// expect: interrupted
const a = 'a'.repeat(scale * 3e6) + 'b' + 'a'.repeat(scale * 3e6);
print('ready');
for (;;) { /^(a+)b\1$/.test(a); /^(a+)b\1$/i.test(a); }
