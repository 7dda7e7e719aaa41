// Millions of numbers, and a huge string, as JSON.
// expect: interrupted
const a = new Array(Math.floor(scale * 4e6)).fill(1), b = '\u00e9\n"'.repeat(scale * 8e6), c = 'a'.repeat(scale * 60e6);
print('ready');
for (;;) { JSON.stringify(a); JSON.stringify(b); JSON.stringify(c); }
