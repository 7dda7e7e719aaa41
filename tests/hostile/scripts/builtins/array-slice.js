// Slices of a huge array.
// expect: interrupted
const a = new Array(Math.floor(scale * 6.5e6)).fill(1);
print('ready');
for (;;) a.slice();
