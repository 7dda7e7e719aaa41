// Promises with a poisoned then, awaited by the library.
// expect: interrupted | ok | throws EvalError | unsettled
// with: module, run
import { lookup } from 'wqjs:dns';
const then = Promise.prototype.then;
Promise.prototype.then = function () { throw new EvalError('poisoned'); };
Promise.resolve = Promise.reject = () => { throw new EvalError('poisoned'); };
try { await lookup('a.test'); } catch { }
