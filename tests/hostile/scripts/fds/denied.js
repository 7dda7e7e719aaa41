// Everything that was not granted is denied, whatever the arguments.
// expect: ok
// with: module
import s from 'wqjs:sockets';
for (const address of ['10.0.0.1', '169.254.169.254', '::ffff:169.254.169.254', '0x7f.1', '0177.0.0.1', '2130706433', '127.1', 'localhost', '', '127.0.0.1\0.evil.test', '::1', '0.0.0.0', '255.255.255.255'])
  for (const type of [s.SOCK_STREAM, s.SOCK_DGRAM]) {
    const fd = s.socket(address.includes(':') ? s.AF_INET6 : s.AF_INET, type, 0);
    try { type === s.SOCK_DGRAM ? s.sendto(fd, 'x', 0, address, 9) : s.connect(fd, address, 9); throw new Error('allowed: ' + address); } catch (e) { if (!e.code) throw e; } finally { s.close(fd); }
  }
