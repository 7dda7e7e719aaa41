// Waits for nothing, for ever.
// expect: interrupted
// with: module
import s from 'wqjs:sockets';
for (;;) try { s.poll([], -1); s.epoll_wait(s.epoll_create1(0), 1, -1); } catch { }
