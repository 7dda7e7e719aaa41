// A source of thirty thousand parentheses.
// expect: stack
eval('('.repeat(3e4) + '1' + ')'.repeat(3e4));
