// Destructuring an object with a getter that never returns.
// expect: interrupted
const { a: { b } } = { a: { get b() { for (;;); } } };
