// A proxy whose trap isExtensible never returns.
// expect: interrupted
const p = new Proxy(function () {}, { isExtensible() { for (;;); } });
Object.isExtensible(p);
