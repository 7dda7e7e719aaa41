// A stack trace that is never prepared.
// expect: interrupted
Error.prepareStackTrace = () => { for (;;); };
new Error('x').stack;
