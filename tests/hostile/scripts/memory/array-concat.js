// An array, concatenated with itself.
// expect: out of memory | throws RangeError
let a = [1, 2];
for (;;) a = a.concat(a);
