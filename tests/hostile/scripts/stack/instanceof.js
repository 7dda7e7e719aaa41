// An instance test that tests.
// expect: stack
const C = { [Symbol.hasInstance]: () => 1 instanceof C };
1 instanceof C;
