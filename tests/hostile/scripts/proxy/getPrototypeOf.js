// A proxy whose trap getPrototypeOf never returns.
// expect: interrupted
const p = new Proxy(function () {}, { getPrototypeOf() { for (;;); } });
Object.getPrototypeOf(p);
