// Objects that are wide and deep on the console: what is shown has its bounds.
// expect: output | ok
// with: output=65536
let o = {};
for (let i = 0; i < 100; i++) o = { o, ['a' + i]: new Array(1000).fill(o) };
console.log(o);
