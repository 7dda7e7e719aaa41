// Every character of a long string, replaced.
// expect: interrupted
const a = 'ab'.repeat(scale * 8e6);
print('ready');
for (;;) a.replaceAll('a', 'bb');
