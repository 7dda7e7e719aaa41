// A hundred thousand arrays in each other as JSON.
// expect: stack | interrupted
let a = [];
for (let i = 0; i < 1e5; i++) a = [a];
JSON.stringify(a);
