// Functions bound to each other.
// expect: out of memory
let f = () => 1;
for (;;) f = f.bind(f, f);
