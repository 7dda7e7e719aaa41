// A list of a hundred thousand links is freed; then a recursion.
// expect: stack
let a = [];
for (let i = 0; i < 1e5; i++) a = [a];
a = null;
(function f() { f(); })();
