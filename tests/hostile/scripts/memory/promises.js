// Promises that wait for each other.
// expect: out of memory
const first = new Promise(() => {});
for (let p = first; ;) p = p.then(() => {});
