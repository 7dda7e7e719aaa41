// All of an endless generator.
// expect: out of memory
[...function* () { for (;;) yield {}; }()];
