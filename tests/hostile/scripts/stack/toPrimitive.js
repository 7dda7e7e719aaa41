// A primitive that is made of itself.
// expect: stack
const o = { [Symbol.toPrimitive]() { return `${o}`; } };
`${o}`;
