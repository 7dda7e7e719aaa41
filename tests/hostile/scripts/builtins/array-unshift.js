// A queue in a huge array, the other way.
// expect: interrupted
const a = new Array(Math.floor(scale * 8e6)).fill(1);
print('ready');
for (;;) { a.unshift(a.pop()); }
