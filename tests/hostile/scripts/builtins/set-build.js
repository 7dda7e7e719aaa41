// Sets of a million numbers.
// expect: interrupted
const a = Array.from({ length: Math.floor(scale * 1e6) }, (_, i) => i);
print('ready');
for (;;) new Set(a);
