// JSON that is white space, and numbers of millions of digits.
// expect: interrupted
const a = ' '.repeat(scale * 60e6) + '1', b = '1'.repeat(scale * 60e6);
print('ready');
for (;;) { JSON.parse(a); JSON.parse(b); }
