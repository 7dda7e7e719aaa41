// Quadratic scans of a long string.
// expect: interrupted
for (;;) /\s+$/.test(' '.repeat(1e5) + 'x');
