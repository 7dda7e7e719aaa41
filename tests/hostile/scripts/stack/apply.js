// apply calls itself.
// expect: stack
const f = () => f.apply(null, []);
f();
