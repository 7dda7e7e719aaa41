// Arrays in each other, cloned; then a recursion.
// expect: stack
let a = [];
for (let i = 0; i < 1e5; i++) a = [a];
try { structuredClone(a); } catch { }
(function f() { f(); })();
