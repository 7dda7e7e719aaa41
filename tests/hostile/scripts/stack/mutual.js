// Functions that call each other.
// expect: stack
const f = () => g(), g = () => f();
f();
