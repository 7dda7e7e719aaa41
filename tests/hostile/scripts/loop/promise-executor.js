// An executor that never returns.
// expect: interrupted
new Promise(() => { for (;;); });
