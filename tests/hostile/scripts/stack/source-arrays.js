// A source of thirty thousand arrays.
// expect: stack
eval('['.repeat(3e4) + ']'.repeat(3e4));
