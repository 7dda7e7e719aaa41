// Elements are removed at the start of a huge array, and put back.
// expect: interrupted
const a = new Array(Math.floor(scale * 4e6)).fill(1);
print('ready');
for (;;) { a.splice(0, 1); a.push(1); }
