// An array-like of 2**53 elements, mapped.
// expect: interrupted
Array.prototype.forEach.call({ length: 2 ** 53 - 1 }, () => {});
