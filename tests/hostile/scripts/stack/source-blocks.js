// A source of thirty thousand blocks.
// expect: stack
eval('{'.repeat(3e4) + '}'.repeat(3e4));
