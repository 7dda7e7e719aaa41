// The same, made flat.
// expect: out of memory
let a = ['lol'];
for (let i = 0; i < 40; i++) a = [a, a];
a.flat(Infinity);
