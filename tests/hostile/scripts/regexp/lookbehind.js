// Backtracking within lookbehind.
// expect: interrupted
/(?<=^(a+)+)$/.test('b' + 'a'.repeat(40));
