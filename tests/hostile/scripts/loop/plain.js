// An infinite loop.
// expect: interrupted
for (;;);
