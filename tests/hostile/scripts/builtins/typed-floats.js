// A search through 200 MB of floating point numbers.
// expect: interrupted
const a = new Float64Array(scale * 25e6), b = new Float16Array(scale * 5e6);
print('ready');
for (;;) { a.indexOf(1); a.includes(NaN); a.lastIndexOf(1); b.indexOf(1); }
