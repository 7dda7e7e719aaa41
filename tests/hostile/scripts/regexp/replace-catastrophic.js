// replaceAll by an expression that backtracks.
// expect: interrupted
'a'.repeat(40).replaceAll(/(a+)+c/g, 'x');
