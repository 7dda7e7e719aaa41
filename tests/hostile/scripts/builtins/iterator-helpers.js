// Millions of elements through the helpers of iterators.
// expect: interrupted
const a = new Array(Math.floor(scale * 2e6)).fill(1);
print('ready');
for (;;) { a.values().map((x) => x).drop(1e6).toArray(); a.keys().some((x) => x < 0); }
