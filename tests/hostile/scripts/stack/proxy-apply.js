// A proxy of a function of a proxy, ten thousand times.
// expect: stack
let p = () => 1;
for (let i = 0; i < 1e4; i++) p = new Proxy(p, {});
p();
