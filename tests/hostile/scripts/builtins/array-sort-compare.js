// Five million numbers, sorted by a function.
// expect: interrupted
const a = Array.from({ length: Math.floor(scale * 2.5e6) }, (_, i) => i * 7919 % 1000003);
print('ready');
for (;;) a.toSorted((x, y) => x - y);
