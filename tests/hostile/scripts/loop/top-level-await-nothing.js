// A module that waits for what cannot happen.
// expect: unsettled
// with: module
await new Promise(() => {});
