// A BigInt that squares itself, and is kept.
// expect: out of memory | throws RangeError | interrupted
for (let n = 3n, all = []; ; n *= n) all.push(n);
