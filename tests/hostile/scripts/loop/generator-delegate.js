// Generators that delegate to each other for ever.
// expect: interrupted
function* f() { for (;;) yield* [1]; }
function* g() { yield* f(); }
for (const x of g());
