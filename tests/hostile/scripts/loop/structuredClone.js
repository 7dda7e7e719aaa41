// A clone of an object with a getter that never returns.
// expect: interrupted
structuredClone({ get a() { for (;;); } });
