// Sockets until there are no more.
// expect: ok
// with: module
import s from 'wqjs:sockets';
try { for (let i = 0; i < 1000; i++) s.socket(s.AF_INET, s.SOCK_STREAM, 0); throw 1; } catch (e) { if (e.code !== 'EMFILE') throw e; }
