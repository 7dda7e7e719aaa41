// An array of four billion elements, filled.
// expect: out of memory | throws RangeError
new Array(2 ** 32 - 1).fill(1);
