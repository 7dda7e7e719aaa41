// A splitter that splits.
// expect: stack
const o = { [Symbol.split]() { return 'a'.split(this); } };
'a'.split(o);
