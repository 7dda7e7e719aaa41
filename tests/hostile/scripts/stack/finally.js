// A recursion that goes on in finally blocks.
// expect: stack
const f = () => { try { f(); } finally { new Error().stack; } };
f();
