// Functions that compile their like.
// expect: stack
globalThis.f = () => new Function('f()')();
f();
