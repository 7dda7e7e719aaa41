// A thenable that resolves to itself.
// expect: interrupted
// with: module
const t = { then(resolve) { resolve(t); } };
await t;
