// An array of itself twice, forty times, as text.
// expect: out of memory | throws RangeError
let a = ['lol'.repeat(1000)];
for (let i = 0; i < 30; i++) a = [a, a];
String(a);
