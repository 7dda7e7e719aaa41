// An array-like of 2**53 elements, turned around.
// expect: interrupted
Array.prototype.reverse.call({ length: 2 ** 53 - 1 });
