// JSON of a hundred thousand objects in each other.
// expect: stack
JSON.parse('{"a":'.repeat(1e5) + '1' + '}'.repeat(1e5));
