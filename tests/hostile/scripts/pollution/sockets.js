// wqjs:sockets under poisoned prototypes: it works, and denies what it must.
// expect: ok
// with: module
import s from 'wqjs:sockets';
import { poison } from './_poison.js';
poison();
const fd = s.socket(s.AF_INET, s.SOCK_STREAM, 0);
let code;
try { s.connect(fd, '10.0.0.1', 80); } catch (e) { code = e.code; }
if (code !== 'EACCES') throw new Error('connect: ' + code);
s.bind(fd, '127.0.0.1', 0);
s.listen(fd, 1);
s.close(fd);
