// Four billion separators.
// expect: out of memory | throws RangeError
Array(2 ** 27).join('abcdefgh');
