// Elements are removed at the start of a huge array, and put back.
// expect: interrupted | out of memory
const a = new Array(Math.floor(scale * 8e6)).fill(1);
print('ready');
for (;;) { a.splice(0, 1); a.push(1); }
