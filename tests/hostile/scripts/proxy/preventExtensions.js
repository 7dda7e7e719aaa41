// A proxy whose trap preventExtensions never returns.
// expect: interrupted
const p = new Proxy(function () {}, { preventExtensions() { for (;;); } });
Object.preventExtensions(p);
