// Symbols in the registry, which nobody keeps.
// expect: out of memory
for (let i = 0; ; i++) globalThis[Symbol.for('name' + i)] = 1;
