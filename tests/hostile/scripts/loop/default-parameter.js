// A parameter whose default never comes.
// expect: interrupted
((a = (() => { for (;;); })()) => a)();
