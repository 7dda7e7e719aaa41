// Proxies of proxies.
// expect: out of memory
for (let p = {}; ;) p = new Proxy(p, {});
