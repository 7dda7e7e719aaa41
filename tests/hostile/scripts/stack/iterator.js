// An iterator made by spreading itself.
// expect: stack
const o = { [Symbol.iterator]() { return [...this]; } };
[...o];
