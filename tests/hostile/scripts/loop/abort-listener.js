// A listener of an abort that never returns.
// expect: interrupted
const c = new AbortController();
c.signal.onabort = () => { for (;;); };
c.signal.addEventListener('abort', () => { for (;;); });
c.abort();
