// Bytes made of a huge array, and an array of bytes.
// expect: interrupted
const a = new Array(Math.floor(scale * 4e6)).fill(1), b = new Uint8Array(scale * 6e6);
print('ready');
for (;;) { new Uint8Array(a); Uint8Array.from(a); Array.from(b); [...b]; }
