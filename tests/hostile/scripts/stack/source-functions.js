// A source of ten thousand functions in each other.
// expect: stack | throws SyntaxError
eval('function f(){'.repeat(1e4) + '}'.repeat(1e4));
