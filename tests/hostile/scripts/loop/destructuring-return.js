// Destructuring closes an iterator whose return never does.
// expect: interrupted
const [a] = { [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }), return() { for (;;); } }) };
