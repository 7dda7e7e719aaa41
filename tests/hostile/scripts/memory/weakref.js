// References to objects that are kept.
// expect: out of memory
for (const all = []; ;) { const o = {}; all.push(o, new WeakRef(o)); }
