// A method that calls itself.
// expect: stack
({ m() { this.m(); } }).m();
