// Reflect.construct of itself.
// expect: stack
function F() { Reflect.construct(F, []); }
new F();
