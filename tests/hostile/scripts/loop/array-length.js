// An array-like whose length never comes.
// expect: interrupted
Array.prototype.map.call({ length: { valueOf() { for (;;); } } }, (x) => x);
