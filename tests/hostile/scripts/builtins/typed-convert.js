// Numbers of one kind, made numbers of another.
// expect: interrupted
const a = new Uint8Array(scale * 20e6), b = new Float64Array(scale * 8e6);
print('ready');
for (;;) { b.set(a.subarray(0, b.length)); new Float32Array(a); a.set(b); }
