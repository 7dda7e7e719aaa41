// An async generator whose return never ends.
// expect: interrupted
// with: module
async function* f() { try { yield 1; } finally { for (;;); } }
for await (const x of f()) break;
