// A proxy whose trap getOwnPropertyDescriptor never returns.
// expect: interrupted
const p = new Proxy(function () {}, { getOwnPropertyDescriptor() { for (;;); } });
Object.getOwnPropertyDescriptor(p, 'a');
