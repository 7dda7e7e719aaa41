// A proxy whose trap deleteProperty never returns.
// expect: interrupted
const p = new Proxy(function () {}, { deleteProperty() { for (;;); } });
delete p.a;
