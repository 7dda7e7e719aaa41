// Errors are thrown and caught for ever.
// expect: interrupted
for (;;) try { null.x; } catch { }
