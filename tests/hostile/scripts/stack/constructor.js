// A constructor that constructs its own class.
// expect: stack
class A { constructor() { new A(); } }
new A();
