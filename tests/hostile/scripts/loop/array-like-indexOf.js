// An array-like of 2**53 elements, searched.
// expect: interrupted
Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);
