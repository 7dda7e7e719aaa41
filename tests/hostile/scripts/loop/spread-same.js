// A set is built from an iterator that always gives the same.
// expect: interrupted
new Set({ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) });
