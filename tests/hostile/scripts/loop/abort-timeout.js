// A signal's timeout calls a listener that never returns.
// expect: interrupted
// with: run
AbortSignal.timeout(1).addEventListener('abort', () => { for (;;); });
setTimeout(() => {}, 1e6);
