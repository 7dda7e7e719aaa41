// A promise is rejected with an error whose name is never got.
// expect: interrupted
Promise.reject(Object.defineProperty(new Error('x'), 'name', { get() { for (;;); } }));
