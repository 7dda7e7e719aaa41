// A number that is made of itself.
// expect: stack
const o = { valueOf() { return this + 1; } };
o + 1;
