// Listeners until there are no more.
// expect: ok
// with: module
import s from 'wqjs:sockets';
try { for (let i = 0; i < 1000; i++) { const fd = s.socket(s.AF_INET, s.SOCK_STREAM, 0); s.bind(fd, '127.0.0.1', 0); s.listen(fd, 100); } throw 1; } catch (e) { if (e.code !== 'EMFILE') throw e; }
