// An expression of thirty thousand groups in each other.
// expect: stack | throws SyntaxError
new RegExp('(?:'.repeat(3e4) + ')'.repeat(3e4));
