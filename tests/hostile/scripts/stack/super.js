// Classes whose getters call each other.
// expect: stack
class A { get a() { return this.b; } }
class B extends A { get b() { return super.a; } }
new B().a;
