// A source of thirty thousand times new.
// expect: stack | throws SyntaxError
eval('new '.repeat(3e4) + 'f');
