// Waits for a connection that never comes.
// expect: interrupted
// with: module
import s from 'wqjs:sockets';
const server = s.socket(s.AF_INET, s.SOCK_STREAM, 0);
s.bind(server, '127.0.0.1', 0);
s.listen(server, 1);
for (;;) try { s.accept(server); } catch { }
