// New modules are imported for ever.
// expect: interrupted | out of memory
// with: module
for (let i = 0; ; i++) await import('./_leaf.js?' + i);
