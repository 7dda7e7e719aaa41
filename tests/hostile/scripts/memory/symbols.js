// Symbols that are kept.
// expect: out of memory
for (const all = []; ;) all.push(Symbol('name'));
