// The console shows what is ten thousand deep; then a recursion.
// expect: stack
let a = {};
for (let i = 0; i < 1e4; i++) a = { a };
console.log(a);
(function f() { f(); })();
