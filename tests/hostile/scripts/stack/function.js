// A function that calls itself.
// expect: stack
(function f() { f(); })();
