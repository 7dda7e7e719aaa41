// A chain of promises is freed; then a recursion.
// expect: stack
let p = Promise.resolve();
for (let i = 0; i < 1e4; i++) p = p.then(() => {});
p = null;
(function f() { f(); })();
