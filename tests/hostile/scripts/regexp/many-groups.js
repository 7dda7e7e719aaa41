// Expressions with as many groups as there may be, repeated.
// expect: interrupted
const r = new RegExp('(a?)'.repeat(200) + 'a'.repeat(200));
for (;;) r.test('a'.repeat(200));
