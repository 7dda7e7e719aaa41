// map calls itself.
// expect: stack
const f = () => [1].map(f);
f();
