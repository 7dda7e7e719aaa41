// reduce calls itself.
// expect: stack
const f = () => [2, 1].reduce(f);
f();
