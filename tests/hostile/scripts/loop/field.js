// A class whose field is never initialised.
// expect: interrupted
class A { a = (() => { for (;;); })(); }
new A();
