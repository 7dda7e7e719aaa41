// A map that grows.
// expect: out of memory
for (let m = new Map(), i = 0; ; i++) m.set(i, m);
