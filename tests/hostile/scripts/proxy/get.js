// A proxy whose trap get never returns.
// expect: interrupted
const p = new Proxy(function () {}, { get() { for (;;); } });
p.a;
