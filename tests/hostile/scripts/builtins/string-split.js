// A long string, split into characters.
// expect: interrupted
const a = 'ab'.repeat(scale * 1.5e6);
print('ready');
for (;;) { a.split(''); [...a]; Array.from(a); }
