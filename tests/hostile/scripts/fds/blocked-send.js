// Sends to a peer that never reads.
// expect: interrupted
// with: module
import s from 'wqjs:sockets';
const [a] = s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0);
for (;;) try { s.send(a, 'x'.repeat(65536), 0); } catch { }
