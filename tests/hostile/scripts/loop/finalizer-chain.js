// Finalizers that make what is finalized next.
// expect: interrupted
// with: run
const r = new FinalizationRegistry(() => r.register({}, 1));
r.register({}, 1);
setInterval(() => r.register({}, 1), 1);
