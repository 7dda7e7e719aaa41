// Escapes of escapes.
// expect: out of memory | throws RangeError
let s = '\u1234%';
for (;;) s = escape(s) + encodeURIComponent(s);
