// A class whose static block never ends.
// expect: interrupted
class A { static { for (;;); } }
