// An error is reported though everything it consists of is poisoned.
// expect: throws Error
for (const k of ['code', 'errno', 'syscall', 'cause', 'errors']) Object.defineProperty(Object.prototype, k, { get() { throw new EvalError('poisoned'); } });
Error.prototype.toString = () => { throw new EvalError('poisoned'); };
throw new Error('the real one');
