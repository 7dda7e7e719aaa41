// A huge array from a huge array.
// expect: interrupted
const a = new Array(Math.floor(scale * 5e6)).fill(1);
print('ready');
for (;;) Array.from(a);
