// The same as JSON.
// expect: out of memory | throws RangeError
let a = ['lol'];
for (let i = 0; i < 30; i++) a = { a, b: a };
JSON.stringify(a);
