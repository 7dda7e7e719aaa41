// Parameters from an object whose keys never come.
// expect: interrupted
new URLSearchParams(new Proxy({}, { ownKeys() { for (;;); } }));
