// A setter that never returns.
// expect: interrupted
({ set a(v) { for (;;); } }).a = 1;
