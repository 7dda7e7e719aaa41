// Clones of clones.
// expect: out of memory
for (let a = [1]; ;) a = [structuredClone(a), structuredClone(a)];
