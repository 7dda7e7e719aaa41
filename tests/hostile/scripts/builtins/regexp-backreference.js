// A reference back to millions of characters.
// expect: interrupted | throws InternalError
const a = 'a'.repeat(scale * 40e6) + 'b' + 'a'.repeat(scale * 40e6);
print('ready');
for (;;) { /^(a+)b\1$/.test(a); /^(a+)b\1$/i.test(a); }
