// A huge string is checked for being JSON.
// expect: interrupted
const a = '"' + 'a'.repeat(scale * 60e6) + '"';
print('ready');
for (;;) { JSON.rawJSON?.(a); JSON.stringify([1], null, 'x'.repeat(10)); }
