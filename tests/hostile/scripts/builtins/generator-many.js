// Many generators, suspended and thrown away at once.
// expect: interrupted
print('ready');
for (;;) { const all = []; for (let i = 0; i < scale * 2e5; i++) { const g = (function* () { yield 1; })(); g.next(); all.push(g); } }
