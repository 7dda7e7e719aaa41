// Backtracking with sets of strings.
// expect: interrupted
/^([\p{L}&&[a-z]]+)+$/v.test('a'.repeat(40) + '1');
