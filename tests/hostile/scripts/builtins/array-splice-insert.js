// An element is inserted at the start of a huge array, and one removed at its end.
// expect: interrupted
const a = new Array(Math.floor(scale * 8e6)).fill(1);
print('ready');
for (;;) { a.splice(0, 0, 1); a.pop(); }
