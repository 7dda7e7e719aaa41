// Huge strings as UTF-8.
// expect: interrupted
const a = '\u00e9'.repeat(scale * 15e6), b = 'a'.repeat(scale * 30e6);
const e = new TextEncoder();
print('ready');
for (;;) { e.encode(a); e.encode(b); e.encodeInto(a, new Uint8Array(1000)); }
