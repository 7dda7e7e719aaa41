// A buffer that grows to 200 MB and shrinks, and moves.
// expect: interrupted
const a = new ArrayBuffer(0, { maxByteLength: scale * 200e6 });
print('ready');
for (;;) { a.resize(scale * 200e6); a.resize(0); new ArrayBuffer(scale * 60e6).transfer(scale * 100e6).transfer(1); }
