// eval in a loop, and a loop in eval.
// expect: interrupted
for (;;) eval('for (let i = 0; i < 10; i++);'), (0, eval)('1');
