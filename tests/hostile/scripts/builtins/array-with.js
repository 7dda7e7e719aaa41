// Copies of an array, with one element changed.
// expect: interrupted
const a = new Array(Math.floor(scale * 5.6e6)).fill(1);
print('ready');
for (;;) a.with(1, 2);
