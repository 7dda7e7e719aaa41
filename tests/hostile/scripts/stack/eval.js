// eval calls itself.
// expect: stack
const f = () => eval('f()');
f();
