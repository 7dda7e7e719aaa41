// A comparator that never returns.
// expect: interrupted
[2, 1].sort(() => { for (;;); });
