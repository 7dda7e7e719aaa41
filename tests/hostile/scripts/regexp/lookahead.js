// Backtracking within lookahead.
// expect: interrupted
/^(?=(a+)+$)(?!(b+)+$)/.test('a'.repeat(40) + 'b');
