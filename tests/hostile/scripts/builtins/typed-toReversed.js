// Copies of 90 MB of bytes, backwards.
// expect: interrupted
const a = new Uint8Array(scale * 90e6), b = new Float64Array(scale * 1e6);
print('ready');
for (;;) { a.toReversed(); b.toReversed(); }
