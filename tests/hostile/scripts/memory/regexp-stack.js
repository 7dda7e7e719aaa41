// An expression that remembers millions of ways.
// expect: out of memory | interrupted | throws InternalError
for (;;) /^(?:(a)|b)*$/.test('ab'.repeat(2e6));
