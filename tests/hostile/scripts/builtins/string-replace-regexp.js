// Every character of a long string, replaced by a regular expression.
// expect: interrupted
const a = 'ab'.repeat(scale * 1e6);
print('ready');
for (;;) a.replace(/a/g, 'bb');
