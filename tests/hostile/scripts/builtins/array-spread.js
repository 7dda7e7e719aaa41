// A huge array, spread into another.
// expect: interrupted
const a = new Array(Math.floor(scale * 5e6)).fill(1);
print('ready');
for (;;) [...a];
