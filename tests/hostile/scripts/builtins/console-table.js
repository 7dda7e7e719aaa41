// Huge tables on the console.
// expect: interrupted
const a = Array.from({ length: Math.floor(scale * 1e5) }, (_, i) => ({ i, ['k' + i % 50]: i }));
print('ready');
for (;;) console.table(a);
