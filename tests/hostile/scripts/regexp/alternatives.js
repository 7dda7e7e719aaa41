// Alternatives that overlap, repeated.
// expect: interrupted
/^(a|aa|a?)*$/.test('a'.repeat(60) + 'b');
