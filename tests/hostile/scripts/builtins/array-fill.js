// A huge array, filled.
// expect: interrupted
const a = new Array(Math.floor(scale * 8e6)).fill(1);
print('ready');
for (;;) a.fill(2);
