// An iterator drops elements for ever.
// expect: interrupted
const it = { __proto__: Iterator.prototype, next: () => ({ value: 1, done: false }) };
it.drop(Infinity).next();
