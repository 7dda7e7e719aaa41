// Slices of an array of objects: each element's count goes up and down.
// expect: interrupted
const a = Array.from({ length: Math.floor(scale * 1.2e6) }, () => ({}));
print('ready');
for (;;) a.slice();
