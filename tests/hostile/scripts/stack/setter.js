// A setter that sets itself.
// expect: stack
const o = { set a(v) { this.a = v; } };
o.a = 1;
