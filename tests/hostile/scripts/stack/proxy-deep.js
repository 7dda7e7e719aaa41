// A proxy of a proxy, ten thousand times.
// expect: stack
let p = {};
for (let i = 0; i < 1e4; i++) p = new Proxy(p, {});
p.a;
