// Each call has one argument more.
// expect: stack | out of memory
(function f(...a) { f(...a, 1); })();
