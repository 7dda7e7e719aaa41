// UTF-8 as huge strings, good and bad.
// expect: interrupted
const a = new TextEncoder().encode('\u00e9'.repeat(scale * 15e6)), b = new Uint8Array(scale * 30e6).fill(255);
const d = new TextDecoder();
print('ready');
for (;;) { d.decode(a); d.decode(b); }
