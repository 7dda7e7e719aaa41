// A string that doubles.
// expect: out of memory | throws RangeError
let s = 'abcdefgh';
for (;;) { s += s; s.charCodeAt(0); }
