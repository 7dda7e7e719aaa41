// An array from an async iterator whose next never settles anything.
// expect: interrupted
// with: module
await Array.fromAsync({ [Symbol.asyncIterator]: () => ({ next: () => { for (;;); } }) });
