// A tag that tags.
// expect: stack
const f = () => f`a`;
f();
