// An interval that is never cleared.
// expect: interrupted
// with: run
setInterval(() => {}, 1);
