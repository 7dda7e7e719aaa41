// A comparator of a typed array that never returns.
// expect: interrupted
new Uint8Array(9).sort(() => { for (;;); });
