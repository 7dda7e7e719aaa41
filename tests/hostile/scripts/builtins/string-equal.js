// Two strings of 64 MB that are equal.
// expect: interrupted
const a = 'a'.repeat(scale * 64e6), b = 'a'.repeat(scale * 64e6);
print('ready');
for (;;) a === b;
