// A handler that never returns.
// expect: interrupted
Promise.resolve().then(() => { for (;;); });
