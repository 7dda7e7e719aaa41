// Helpers of iterators on top of each other.
// expect: out of memory | stack | interrupted
for (let it = [1].values(); ;) it = it.map((x) => x);
