// 200 MB of bytes, moved.
// expect: interrupted
const a = new Uint8Array(scale * 200e6);
print('ready');
for (;;) { a.copyWithin(1, 0); a.set(a.subarray(0, a.length / 2), 7); }
