// A search through 200 MB of bytes.
// expect: interrupted
const a = new Uint8Array(scale * 200e6);
print('ready');
for (;;) { a.indexOf(1); a.includes(1); a.lastIndexOf(1); }
