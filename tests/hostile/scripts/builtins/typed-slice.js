// Copies of 100 MB of bytes.
// expect: interrupted
const a = new Uint8Array(scale * 100e6);
print('ready');
for (;;) { a.slice(); a.buffer.slice(1); new Uint8Array(a); a.with(0, 1); }
