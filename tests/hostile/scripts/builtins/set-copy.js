// Copies of a huge set, and what sets are combined to.
// expect: interrupted
const s = new Set();
for (let i = 0; i < scale * 1e6; i++) s.add(i);
print('ready');
for (;;) { new Set(s); s.union(s); s.isSubsetOf(s); s.difference(s); s.symmetricDifference(s); }
