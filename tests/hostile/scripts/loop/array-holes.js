// A sparse array of four billion elements, walked through.
// expect: interrupted
const a = []; a.length = 2 ** 32 - 1;
a.lastIndexOf(1);
