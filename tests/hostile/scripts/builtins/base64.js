// Millions of bytes in base64 and hex, and back.
// expect: interrupted
const a = new Uint8Array(scale * 30e6), s = btoa('a'.repeat(scale * 9e6));
print('ready');
for (;;) { btoa('a'.repeat(scale * 20e6)); atob(s); a.toBase64?.(); a.toHex?.(); Uint8Array.fromBase64?.(s); }
