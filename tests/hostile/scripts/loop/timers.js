// A timer that starts the next.
// expect: interrupted
// with: run
const f = () => setTimeout(f, 0);
f();
