// A buffer that grows to the end.
// expect: out of memory | throws RangeError
const b = new ArrayBuffer(0, { maxByteLength: 2 ** 31 - 1 });
for (let n = 1 << 20; ; n += 1 << 20) b.resize(n);
