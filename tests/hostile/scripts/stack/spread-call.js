// A call with a million arguments.
// expect: throws RangeError | stack | out of memory
Math.max(...new Array(1e6).fill(1));
