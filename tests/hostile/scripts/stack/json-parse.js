// JSON of a hundred thousand arrays in each other.
// expect: stack
JSON.parse('['.repeat(1e5) + ']'.repeat(1e5));
