// Encoded text that is kept.
// expect: out of memory
for (const e = new TextEncoder(), s = 'a'.repeat(1e5), all = []; ;) all.push(e.encode(s));
