// Errors that cause each other.
// expect: out of memory
for (let e = null; ;) e = new Error('x', { cause: e });
