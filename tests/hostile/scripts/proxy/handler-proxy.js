// Handlers that are proxies with handlers that are proxies.
// expect: interrupted | stack
const h = new Proxy({}, { get(t, k, r) { for (;;) Reflect.get(r, Symbol()); } });
new Proxy({}, h).a;
