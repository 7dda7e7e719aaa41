// Headers from an iterator that never ends.
// expect: interrupted
new Headers({ [Symbol.iterator]: () => ({ next: () => ({ value: ['a', 'b'], done: false }), return() { for (;;); } }) });
for (;;);
