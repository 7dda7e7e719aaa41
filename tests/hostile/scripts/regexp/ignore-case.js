// Backtracking with case folding and Unicode.
// expect: interrupted
/^([\u00e9a]+)+$/iu.test('\u00c9A'.repeat(20) + 'b');
