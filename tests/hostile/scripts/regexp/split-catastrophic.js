// split by an expression that backtracks.
// expect: interrupted
('a'.repeat(40) + 'b').split(/(a+)+$/);
