// An async generator that never ends.
// expect: interrupted
// with: module
async function* f() { for (;;) yield 1; }
for await (const x of f());
