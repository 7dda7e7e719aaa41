// Closures that hold each other.
// expect: out of memory
let f = () => 1;
for (;;) { const g = f; f = () => g; }
