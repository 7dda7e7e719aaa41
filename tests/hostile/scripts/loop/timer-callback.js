// A timer's function that never returns.
// expect: interrupted
// with: run
setTimeout(() => { for (;;); }, 0);
