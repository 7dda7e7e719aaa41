// Destructuring a value that is its own element.
// expect: stack
const a = { get x() { const { x } = this; return x; } };
const { x } = a;
