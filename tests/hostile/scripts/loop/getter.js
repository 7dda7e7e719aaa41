// A getter that never returns.
// expect: interrupted
({ get a() { for (;;); } }).a;
