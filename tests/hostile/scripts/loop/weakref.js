// References are made and followed for ever.
// expect: interrupted
for (;;) new WeakRef({}).deref();
