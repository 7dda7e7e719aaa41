// A clone of 60 MB of bytes, and of a huge string.
// expect: interrupted
const a = new Uint8Array(scale * 60e6), b = 'a'.repeat(scale * 40e6);
print('ready');
for (;;) { structuredClone(a); structuredClone(b); structuredClone(new Array(Math.floor(scale * 5e5)).fill(1)); }
