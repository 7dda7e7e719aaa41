// Imports that are never waited for.
// expect: interrupted | out of memory
// with: module
for (let i = 0; ; i++) import('../loop/_leaf.js?' + i);
