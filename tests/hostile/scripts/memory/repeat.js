// A string of four billion characters.
// expect: throws RangeError
'ab'.repeat(2 ** 31);
