// A chain of closures is freed; then a recursion.
// expect: stack
let f = null;
for (let i = 0; i < 5e4; i++) { const g = f; f = () => g; }
f = null;
(function f() { f(); })();
