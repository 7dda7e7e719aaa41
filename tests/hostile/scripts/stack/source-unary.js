// A source of a hundred thousand operators.
// expect: stack
eval('!'.repeat(1e5) + '1');
