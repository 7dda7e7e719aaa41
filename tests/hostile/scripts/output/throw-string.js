// A string as large as memory is thrown.
// expect: throws
throw 'x'.repeat(4e6);
