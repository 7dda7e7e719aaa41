// epoll sets that watch each other, until there are no more.
// expect: ok
// with: module
import s from 'wqjs:sockets';
let last = -1;
try { for (let i = 0; i < 1000; i++) { const fd = s.epoll_create1(0); if (last >= 0) try { s.epoll_ctl(fd, s.EPOLL_CTL_ADD, last, s.EPOLLIN); } catch (e) { if (e.code === 'EMFILE') throw e; } last = fd; } throw 1; } catch (e) { if (e.code !== 'EMFILE') throw e; }
