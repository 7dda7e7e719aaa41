// A huge array, moved within itself.
// expect: interrupted
const a = new Array(Math.floor(scale * 8e6)).fill(1);
print('ready');
for (;;) a.copyWithin(1, 0);
