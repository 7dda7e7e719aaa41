// An expression whose flags never come.
// expect: interrupted
const r = /a/;
Object.defineProperty(r, 'flags', { get() { for (;;); } });
'a'.replaceAll(r, 'b');
