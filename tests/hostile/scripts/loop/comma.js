// A loop that is all condition.
// expect: interrupted
while ((() => true)(), true, 1 + 1);
