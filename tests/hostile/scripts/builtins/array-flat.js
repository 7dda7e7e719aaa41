// A huge array of arrays, made flat.
// expect: interrupted
const a = new Array(Math.floor(scale * 3e6)).fill([1]);
print('ready');
for (;;) a.flat();
