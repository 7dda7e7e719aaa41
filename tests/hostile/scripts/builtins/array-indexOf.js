// A search through a huge array of numbers.
// expect: interrupted
const a = new Array(Math.floor(scale * 9e6)).fill(1);
print('ready');
for (;;) { a.indexOf(2); a.includes(2); a.lastIndexOf(2); }
