// 200 MB of bytes, turned around.
// expect: interrupted
const a = new Uint8Array(scale * 200e6), b = new Float64Array(a.buffer, 0, scale * 24e6);
print('ready');
for (;;) { a.reverse(); b.reverse(); }
