// Long strings, escaped and back.
// expect: interrupted
const a = '\u1234'.repeat(scale * 2e6), b = encodeURIComponent(a);
print('ready');
for (;;) { encodeURIComponent(a); decodeURIComponent(b); escape(a); unescape(b); }
