// Copies of an array of 90 MB, backwards.
// expect: interrupted
const a = new Array(Math.floor(scale * 5.6e6)).fill(1);
print('ready');
for (;;) a.toReversed();
