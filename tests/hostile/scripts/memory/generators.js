// Generators that wait.
// expect: out of memory
for (const all = []; ;) { const g = (function* () { yield 1; })(); g.next(); all.push(g); }
