// An array whose class is never constructed.
// expect: interrupted
const a = [1];
a.constructor = { get [Symbol.species]() { for (;;); } };
a.map((x) => x);
