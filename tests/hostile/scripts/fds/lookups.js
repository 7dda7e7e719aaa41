// Lookups until there may be no more.
// expect: ok
// with: module
import s from 'wqjs:sockets';
let code;
for (let i = 0; i < 200 && code !== 'EAGAIN'; i++) try { s.getaddrinfo(`n${i}.test`); } catch (e) { code = e.code; }
if (code !== 'EAGAIN') throw new Error(code);
