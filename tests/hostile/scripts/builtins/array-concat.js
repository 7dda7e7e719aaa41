// Huge arrays, concatenated.
// expect: interrupted
const a = new Array(Math.floor(scale * 3e6)).fill(1);
print('ready');
for (;;) a.concat(a);
