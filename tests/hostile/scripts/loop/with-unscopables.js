// A with statement over an object that never says what it hides.
// expect: interrupted
with ({ a: 1, get [Symbol.unscopables]() { for (;;); } }) a;
