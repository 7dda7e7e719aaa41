// Matches that are kept.
// expect: out of memory
[...'a'.repeat(1e7).matchAll(/(a)/g)];
