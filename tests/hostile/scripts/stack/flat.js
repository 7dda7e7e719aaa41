// A hundred thousand arrays in each other, made flat.
// expect: stack
let a = [];
for (let i = 0; i < 1e5; i++) a = [a];
a.flat(Infinity);
