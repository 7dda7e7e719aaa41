// An array from an iterator that never ends.
// expect: out of memory
Array.from({ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) });
