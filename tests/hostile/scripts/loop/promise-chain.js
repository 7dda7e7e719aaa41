// A promise whose handler makes the next.
// expect: interrupted
(function f() { Promise.resolve().then(f); })();
