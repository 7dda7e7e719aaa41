// An object from entries that never end, all of one key.
// expect: interrupted
Object.fromEntries({ [Symbol.iterator]: () => ({ next: () => ({ value: ['a', 1], done: false }) }) });
