// A module that waits for a timer in a far future.
// expect: interrupted
// with: module
await new Promise((r) => setTimeout(r, 1e8));
