// Arrays in each other as text.
// expect: stack
let a = [];
for (let i = 0; i < 3e4; i++) a = [a];
a.join();
