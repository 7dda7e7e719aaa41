// A comparator that sorts.
// expect: stack
const f = () => [2, 1].sort(f);
f();
