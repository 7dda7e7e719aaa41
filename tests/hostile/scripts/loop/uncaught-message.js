// An error whose message is never got: it is read after the script has ended.
// expect: interrupted
throw Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } });
