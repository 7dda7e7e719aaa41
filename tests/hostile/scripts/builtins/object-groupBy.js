// Elements of a huge array, each in a group of its own.
// expect: interrupted
const a = new Array(Math.floor(scale * 1e6)).fill(1);
print('ready');
for (;;) { Object.groupBy(a, (x) => x); Map.groupBy(a, (x) => x); }
