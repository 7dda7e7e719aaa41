// Errors with stacks that are kept.
// expect: out of memory
const f = (n) => n ? f(n - 1) : new Error('x');
for (const all = []; ;) all.push(f(50).stack + 'x', f(50));
