// Arrays without iterators.
// expect: ok | throws TypeError | throws EvalError
// with: module
import s from 'wqjs:sockets';
delete Array.prototype[Symbol.iterator];
Object.getPrototypeOf(Object.getPrototypeOf([].values())).next = () => { throw new EvalError('poisoned'); };
const fd = s.socket(s.AF_INET, s.SOCK_STREAM, 0);
if (s.poll([{ fd, events: s.POLLOUT }], 0).length > 1) throw new Error('poll');
let code;
try { s.connect(fd, '10.1.2.3', 1); } catch (e) { code = e.code; }
if (code !== 'EACCES') throw new Error(code);
