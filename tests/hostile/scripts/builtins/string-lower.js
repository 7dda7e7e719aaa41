// A string of 64 MB in lower case.
// expect: interrupted
const a = 'A'.repeat(scale * 64e6);
print('ready');
for (;;) a.toLowerCase();
