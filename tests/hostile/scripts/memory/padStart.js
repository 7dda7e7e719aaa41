// Padding up to the longest string there may be.
// expect: throws RangeError | out of memory
'a'.padStart(2 ** 30 - 2, 'xyz');
