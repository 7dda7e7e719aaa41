// An array, spread into itself.
// expect: out of memory
let a = [1];
for (;;) a = [...a, ...a];
