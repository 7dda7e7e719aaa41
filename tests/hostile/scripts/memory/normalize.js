// Text that normalizes to 18 times its length, over and over.
// expect: out of memory | throws RangeError
let s = '\ufdfa'.repeat(1e6);
for (const all = []; ;) all.push(s.normalize('NFKD'));
