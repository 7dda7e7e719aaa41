// Catastrophic backtracking.
// expect: interrupted
/^(a+)+$/.test('a'.repeat(40) + 'b');
