// A list of objects.
// expect: out of memory
for (let o = null; ;) o = { o };
