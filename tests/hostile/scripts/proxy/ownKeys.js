// A proxy whose trap ownKeys never returns.
// expect: interrupted
const p = new Proxy(function () {}, { ownKeys() { for (;;); } });
Reflect.ownKeys(p);
