// An array of four billion holes costs nothing.
// expect: ok
const a = [];
a[2 ** 32 - 2] = 1;
if (a.length !== 2 ** 32 - 1) throw new Error(String(a.length));
