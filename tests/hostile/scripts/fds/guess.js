// Numbers of descriptors that are not the script's.
// expect: ok
// with: module
import s from 'wqjs:sockets';
for (const fd of [-1, 0, 1, 2, 3, 4, 5, 10, 999, 1e6, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), NaN, 1.5])
  for (const f of [() => s.send(fd, 'x', 0), () => s.recv(fd, 1, 0), () => s.close(fd), () => s.listen(fd, 1), () => s.getsockname(fd), () => s.shutdown(fd, 2)])
    try { f(); throw 1; } catch (e) { if (!(e instanceof Error)) throw new Error('fd ' + fd); }
