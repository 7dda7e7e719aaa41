// Options whose getters detach and resize the buffer that is being used.
// expect: ok
// with: module
import s from 'wqjs:sockets';
const [a, b] = s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0);
s.setnonblocking(a);
const buffer = new ArrayBuffer(64, { maxByteLength: 128 }), bytes = new Uint8Array(buffer);
s.send(b, 'x'.repeat(64), 0);
for (const evil of [() => buffer.resize(1), () => buffer.resize(0), () => buffer.transfer()])
  try { s.recvInto(a, bytes, { valueOf() { evil(); return 0; } }, 64, 0); } catch (e) { if (!(e instanceof Error)) throw e; }
