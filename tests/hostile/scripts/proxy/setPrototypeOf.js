// A proxy whose trap setPrototypeOf never returns.
// expect: interrupted
const p = new Proxy(function () {}, { setPrototypeOf() { for (;;); } });
Object.setPrototypeOf(p, null);
