// A sparse array of four billion elements, sorted.
// expect: interrupted
const a = [3, 2, 1]; a.length = 2 ** 32 - 1;
a.sort();
