// A view whose offset never comes, of a buffer that is resized meanwhile.
// expect: interrupted
const b = new ArrayBuffer(8, { maxByteLength: 16 });
new DataView(b).setInt8({ valueOf() { b.resize(0); for (;;); } }, 1);
