// A proxy whose trap apply never returns.
// expect: interrupted
const p = new Proxy(function () {}, { apply() { for (;;); } });
p();
