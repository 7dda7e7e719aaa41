// Millions of numbers, sorted by a function.
// expect: interrupted
const a = new Uint8Array(scale * 8e6);
for (let i = 0; i < a.length; i++) a[i] = i * 7919;
print('ready');
for (;;) { a.toSorted((x, y) => y - x); }
