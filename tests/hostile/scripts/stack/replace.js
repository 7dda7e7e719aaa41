// A replacement that replaces.
// expect: stack
const f = () => 'a'.replace(/a/, f);
f();
