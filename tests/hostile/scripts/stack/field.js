// A class with a field of itself.
// expect: stack
class A { a = new A(); }
new A();
