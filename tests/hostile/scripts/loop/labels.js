// Loops that continue each other.
// expect: interrupted
outer: for (;;) { inner: while (true) { do { continue outer; } while (true); } }
