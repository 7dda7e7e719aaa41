// Helpers of iterators over one that never ends.
// expect: interrupted
const it = { __proto__: Iterator.prototype, next: () => ({ value: 1, done: false }) };
it.filter(() => false).map((x) => x).take(1).toArray();
