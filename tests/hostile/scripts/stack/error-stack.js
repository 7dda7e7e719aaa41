// A stack trace that makes a stack trace.
// expect: stack
Error.prepareStackTrace = () => new Error('x').stack;
new Error('y').stack;
(function f() { f(); })();
