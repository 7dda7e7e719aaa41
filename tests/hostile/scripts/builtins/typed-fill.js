// 200 MB of bytes, filled.
// expect: interrupted
const a = new Uint8Array(scale * 200e6), b = new Float64Array(a.buffer, 0, scale * 24e6);
print('ready');
for (;;) { a.fill(1); b.fill(1); }
