// An object whose tag never comes.
// expect: interrupted
Object.prototype.toString.call({ get [Symbol.toStringTag]() { for (;;); } });
