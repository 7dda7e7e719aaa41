// Text that is made of itself.
// expect: stack
const o = { toString() { return '' + this; } };
'' + o;
