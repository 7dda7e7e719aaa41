// A proxy whose trap set never returns.
// expect: interrupted
const p = new Proxy(function () {}, { set() { for (;;); } });
p.a = 1;
