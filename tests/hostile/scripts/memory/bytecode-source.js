// A source that is as large as memory.
// expect: out of memory | interrupted | throws SyntaxError
for (let s = 'f();'; ; s += s) new Function(s);
