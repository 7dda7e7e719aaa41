// Destructuring from an iterator whose next never returns.
// expect: interrupted
const [a] = { [Symbol.iterator]: () => ({ next() { for (;;); } }) };
