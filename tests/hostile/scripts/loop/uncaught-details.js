// An error whose details are never got: they are shown after the script has ended.
// expect: throws Error
throw Object.assign(new Error('x'), { b: new Proxy({}, { ownKeys() { for (;;); } }) });
