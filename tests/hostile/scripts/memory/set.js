// A set of strings that grows.
// expect: out of memory
for (let s = new Set(), i = 0; ; i++) s.add('k' + i);
