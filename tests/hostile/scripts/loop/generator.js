// A generator that never ends.
// expect: interrupted
function* f() { for (;;) yield 1; }
for (const x of f());
