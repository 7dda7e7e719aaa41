// Huge arrays, objects and buffers on the console.
// expect: interrupted
const a = new Array(Math.floor(scale * 3e6)).fill(1), o = {}, m = new Map(), b = new Uint8Array(scale * 20e6);
for (let i = 0; i < scale * 2e5; i++) { o['k' + i] = i; m.set(i, i); }
print('ready');
for (;;) { console.log(a); console.log(o); console.log(m); console.log(b); console.log([a, [o]]); }
