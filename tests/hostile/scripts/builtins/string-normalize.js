// A string that normalizes to 18 times its length.
// expect: interrupted
const a = '\ufdfa'.repeat(scale * 1e6);
print('ready');
for (;;) a.normalize('NFKD');
