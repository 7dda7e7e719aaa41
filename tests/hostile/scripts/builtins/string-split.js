// A long string, split into characters.
// expect: interrupted
const a = 'ab'.repeat(scale * 8e5);
print('ready');
for (;;) { a.split(''); [...a]; Array.from(a); }
