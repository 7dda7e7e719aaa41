// A search through a string of 100 MB.
// expect: interrupted
const a = 'a'.repeat(scale * 100e6), b = '\u1234'.repeat(scale * 50e6);
print('ready');
for (;;) { a.indexOf('b'); b.indexOf('b'); a.includes('ab'); b.lastIndexOf('x'); }
