// Errors with huge properties: what is shown of them has its bounds.
// expect: throws Error
throw Object.assign(new Error('x'), { a: 'y'.repeat(4e6), b: new Array(1e5).fill('z') });
