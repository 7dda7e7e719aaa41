// Counted repetitions of repetitions.
// expect: interrupted
/^((a{1,20}){1,20}){1,20}$/.test('a'.repeat(60) + 'b');
