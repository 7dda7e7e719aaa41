// Classes with private fields.
// expect: out of memory
for (const all = []; ;) all.push(class { #a = 1; static b = 2; c() { return this.#a; } });
