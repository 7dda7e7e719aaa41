// Waits for bytes that never come.
// expect: interrupted
// with: module
import s from 'wqjs:sockets';
const [a] = s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0);
for (;;) try { s.recv(a, 10, 0); } catch { }
