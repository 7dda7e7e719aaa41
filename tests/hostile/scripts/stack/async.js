// Async functions that call themselves; then a recursion.
// expect: stack
const f = async () => { f().catch(() => {}); };
f().catch(() => {});
(function f() { f(); })();
