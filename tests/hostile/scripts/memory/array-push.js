// An array that grows.
// expect: out of memory
const a = [];
for (;;) a.push(a.length);
