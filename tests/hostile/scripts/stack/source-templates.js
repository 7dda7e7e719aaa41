// A source of thirty thousand templates in each other.
// expect: stack
eval('`${'.repeat(3e4) + '1' + '}`'.repeat(3e4));
