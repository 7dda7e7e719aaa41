// An array-like of 2**50 elements gets one at the front.
// expect: interrupted
Array.prototype.unshift.call({ length: 2 ** 50 }, 1);
