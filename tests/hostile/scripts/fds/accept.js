// Connections to oneself until there are no more.
// expect: ok
// with: module
import s from 'wqjs:sockets';
const server = s.socket(s.AF_INET, s.SOCK_STREAM, 0);
s.bind(server, '127.0.0.1', 0);
s.listen(server, 100);
const { port } = s.getsockname(server);
try { for (let i = 0; i < 1000; i++) { s.connect(s.socket(s.AF_INET, s.SOCK_STREAM, 0), '127.0.0.1', port); s.accept(server); } throw 1; } catch (e) { if (e.code !== 'EMFILE') throw e; }
