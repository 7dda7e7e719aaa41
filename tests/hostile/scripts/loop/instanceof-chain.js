// A prototype chain that is always one longer.
// expect: interrupted
const f = () => new Proxy({}, { getPrototypeOf: f });
f() instanceof Object;
