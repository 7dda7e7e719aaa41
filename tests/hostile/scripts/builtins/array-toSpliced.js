// Copies of an array, with one element removed.
// expect: interrupted
const a = new Array(Math.floor(scale * 5.6e6)).fill(1);
print('ready');
for (;;) a.toSpliced(1, 1);
