// A proxy whose trap defineProperty never returns.
// expect: interrupted
const p = new Proxy(function () {}, { defineProperty() { for (;;); } });
Object.defineProperty(p, 'a', { value: 1 });
