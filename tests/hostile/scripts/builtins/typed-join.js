// Millions of bytes as text.
// expect: interrupted
const a = new Uint8Array(scale * 16e6);
print('ready');
for (;;) { a.join(); a.toString(); }
