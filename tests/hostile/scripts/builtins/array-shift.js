// A queue in a huge array.
// expect: interrupted
const a = new Array(Math.floor(scale * 8e6)).fill(1);
print('ready');
for (;;) { a.push(a.shift()); }
