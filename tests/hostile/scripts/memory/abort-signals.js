// Signals that depend on each other.
// expect: out of memory | interrupted
for (let s = new AbortController().signal; ;) s = AbortSignal.any([s]);
