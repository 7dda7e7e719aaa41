// Waiting for promises that are settled already, for ever.
// expect: interrupted
// with: module
for (;;) await 0;
