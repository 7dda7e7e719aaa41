// An error whose message is as large as memory: what is kept of it is cut.
// expect: throws Error
throw new Error('x'.repeat(4e6));
