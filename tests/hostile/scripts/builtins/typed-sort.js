// Millions of numbers, sorted.
// expect: interrupted
const a = new Float64Array(scale * 8e6);
for (let i = 0; i < a.length; i++) a[i] = i * 7919 % 1000003;
print('ready');
for (;;) { a.toSorted(); }
