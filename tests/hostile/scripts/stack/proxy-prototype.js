// An object whose prototype is a proxy of itself.
// expect: stack
const o = {};
Object.setPrototypeOf(o, new Proxy(o, {}));
o.a;
