// Five million numbers, sorted as strings.
// expect: interrupted
const a = Array.from({ length: Math.floor(scale * 2.5e6) }, (_, i) => i * 7919 % 1000003);
print('ready');
for (;;) a.toSorted();
