// A proxy that gets from itself.
// expect: stack
const p = new Proxy({}, { get: (t, k, r) => r[k] });
p.a;
