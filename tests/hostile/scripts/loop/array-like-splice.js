// An array-like of 2**50 elements loses one at the front.
// expect: interrupted
Array.prototype.splice.call({ length: 2 ** 50 }, 0, 1);
