// Copies of 50 MB of bytes.
// expect: interrupted
const a = new Uint8Array(scale * 50e6);
print('ready');
for (;;) { a.slice(); a.buffer.slice(1); new Uint8Array(a); a.with(0, 1); }
