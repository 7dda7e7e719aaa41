// A thenable whose then is never got.
// expect: interrupted
// with: module
await { get then() { for (;;); } };
