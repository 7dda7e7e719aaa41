// Lazy quantifiers that try all.
// expect: interrupted
/^(a+?)+?$/.test('a'.repeat(40) + 'b');
