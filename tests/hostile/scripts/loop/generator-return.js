// A generator that does not let itself be closed.
// expect: interrupted
function* f() { try { yield 1; } finally { for (;;); } }
for (const x of f()) break;
