// Pairs until there are no more.
// expect: ok
// with: module
import s from 'wqjs:sockets';
try { for (let i = 0; i < 1000; i++) s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0); throw 1; } catch (e) { if (e.code !== 'EMFILE') throw e; }
