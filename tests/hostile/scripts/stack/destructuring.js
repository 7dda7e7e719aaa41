// A pattern of thirty thousand brackets.
// expect: stack | throws SyntaxError
eval('let ' + '['.repeat(3e4) + 'a' + ']'.repeat(3e4) + ' = 1');
