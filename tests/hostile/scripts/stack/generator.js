// Generators that delegate to themselves.
// expect: stack | out of memory
function* f() { yield* f(); }
[...f()];
