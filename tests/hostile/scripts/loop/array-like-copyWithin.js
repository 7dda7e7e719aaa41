// An array-like of 2**53 elements, moved.
// expect: interrupted
Array.prototype.copyWithin.call({ length: 2 ** 53 - 1 }, 1, 0);
