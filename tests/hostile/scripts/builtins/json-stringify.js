// Millions of numbers, and a huge string, as JSON.
// expect: interrupted
const a = new Array(Math.floor(scale * 2e6)).fill(1), b = '\u00e9\n"'.repeat(scale * 4e6), c = 'a'.repeat(scale * 30e6);
print('ready');
for (;;) { JSON.stringify(a); JSON.stringify(b); JSON.stringify(c); }
