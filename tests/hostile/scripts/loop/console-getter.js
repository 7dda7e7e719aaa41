// The console shows an object whose keys never come.
// expect: interrupted
console.log(new Proxy({}, { ownKeys() { for (;;); }, getPrototypeOf() { for (;;); } }), { get a() { for (;;); } }, { [Symbol.toStringTag]: { toString() { for (;;); } } });
for (;;);
