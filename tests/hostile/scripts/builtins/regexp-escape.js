// A long string, made an expression.
// expect: interrupted
const a = '*'.repeat(scale * 20e6);
print('ready');
for (;;) { RegExp.escape(a); String(new RegExp('/'.repeat(scale * 4e6))); }
