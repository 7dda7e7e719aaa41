// A proxy whose trap has never returns.
// expect: interrupted
const p = new Proxy(function () {}, { has() { for (;;); } });
'a' in p;
