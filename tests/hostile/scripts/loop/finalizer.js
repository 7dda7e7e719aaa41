// A finalizer that never returns.
// expect: interrupted
// with: run
const r = new FinalizationRegistry(() => { for (;;); });
r.register({}, 1);
setTimeout(() => {}, 10);
