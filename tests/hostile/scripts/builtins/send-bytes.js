// Huge strings and buffers go through a pair of sockets.
// expect: interrupted
// with: module
import s from 'wqjs:sockets';
const [a, b] = s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0);
s.setnonblocking(a);
s.setnonblocking(b);
const text = '\u00e9'.repeat(scale * 30e6), bytes = new Uint8Array(scale * 60e6);
print('ready');
for (;;) { for (const x of [text, bytes]) try { s.send(a, x, 0); } catch { } try { s.recvBytes(b, scale * 30e6); s.recv(b, scale * 60e6, 0); } catch { } }
