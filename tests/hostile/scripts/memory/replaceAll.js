// A replacement that is the string itself, over and over.
// expect: out of memory | throws RangeError
let s = 'aa';
for (;;) s = s.replaceAll('a', s);
