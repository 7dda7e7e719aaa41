// getsockopt and setsockopt.
import * as s from 'wqjs:sockets';
import { assert, assertEquals, test } from '../assert.js';
import { listener, tcpPair, throwsCode, using } from './_util.js';

test('flags are 0 and 1', () => {
  using([s.socket()], (fd) => {
    for (const [level, option] of [
      [s.SOL_SOCKET, s.SO_REUSEADDR], [s.SOL_SOCKET, s.SO_REUSEPORT], [s.SOL_SOCKET, s.SO_KEEPALIVE],
      [s.IPPROTO_TCP, s.TCP_NODELAY],
    ]) {
      assertEquals(s.getsockopt(fd, level, option), 0);
      assertEquals(s.setsockopt(fd, level, option, 1), 0);
      assertEquals(s.getsockopt(fd, level, option), 1);
      s.setsockopt(fd, level, option, 0);
      assertEquals(s.getsockopt(fd, level, option), 0);
      s.setsockopt(fd, level, option, true);
      assertEquals(s.getsockopt(fd, level, option), 1);
    }
  });
  using([s.socket(s.AF_INET, s.SOCK_DGRAM)], (fd) => {
    s.setsockopt(fd, s.SOL_SOCKET, s.SO_BROADCAST, 1);
    assertEquals(s.getsockopt(fd, s.SOL_SOCKET, s.SO_BROADCAST), 1);
  });
  using([s.socket(s.AF_INET6)], (fd) => {
    for (const on of [0, 1]) {
      s.setsockopt(fd, s.IPPROTO_IPV6, s.IPV6_V6ONLY, on);
      assertEquals(s.getsockopt(fd, s.IPPROTO_IPV6, s.IPV6_V6ONLY), on);
    }
  });
});

test('keep-alive times are seconds', () => {
  using([s.socket()], (fd) => {
    for (const [option, value] of [[s.TCP_KEEPIDLE, 60], [s.TCP_KEEPINTVL, 10], [s.TCP_KEEPCNT, 5]]) {
      s.setsockopt(fd, s.IPPROTO_TCP, option, value);
      assertEquals(s.getsockopt(fd, s.IPPROTO_TCP, option), value);
    }
  });
});

test('buffer sizes', () => {
  using([s.socket()], (fd) => {
    for (const option of [s.SO_RCVBUF, s.SO_SNDBUF]) {
      s.setsockopt(fd, s.SOL_SOCKET, option, 65536);
      assert(s.getsockopt(fd, s.SOL_SOCKET, option) >= 65536);
    }
  });
});

test('linger is seconds, and negative is off', () => {
  using([s.socket()], (fd) => {
    assertEquals(s.getsockopt(fd, s.SOL_SOCKET, s.SO_LINGER), -1);
    for (const value of [0, 7, -1]) {
      s.setsockopt(fd, s.SOL_SOCKET, s.SO_LINGER, value);
      assertEquals(s.getsockopt(fd, s.SOL_SOCKET, s.SO_LINGER), value);
    }
  });
});

test('a linger time does not make close wait', () => {
  using([s.socket()], (fd) => s.setsockopt(fd, s.SOL_SOCKET, s.SO_LINGER, 30));
  const [a, b] = tcpPair();
  s.setsockopt(a, s.SOL_SOCKET, s.SO_LINGER, 30);
  s.setnonblocking(a);
  try {
    for (let i = 0; i < 200; i++) s.send(a, new Uint8Array(1 << 16), 0);
  } catch (error) {
    assertEquals(error.code, 'EAGAIN');
  }
  const start = performance.now();
  s.close(a);
  assert(performance.now() - start < 5000, 'close waited');
  s.close(b);
});

test('receive and send timeouts are milliseconds; then it is EAGAIN', () => {
  using(tcpPair(), (a, b) => {
    for (const option of [s.SO_RCVTIMEO, s.SO_SNDTIMEO]) {
      assertEquals(s.getsockopt(a, s.SOL_SOCKET, option), 0);
      s.setsockopt(a, s.SOL_SOCKET, option, 80);
      assertEquals(s.getsockopt(a, s.SOL_SOCKET, option), 80);
      throwsCode(() => s.setsockopt(a, s.SOL_SOCKET, option, -1), 'EDOM', 'setsockopt');
    }
    for (const read of [() => s.recv(a, 10, 0), () => s.recvInto(a, new Uint8Array(5)), () => s.recvBytes(a, 5, 0)]) {
      const start = performance.now();
      throwsCode(read, 'EAGAIN', 'recv');
      assert(performance.now() - start >= 75, `${performance.now() - start} ms`);
    }
    throwsCode(() => s.recvfrom(a, 10, 0), 'EAGAIN', 'recvfrom');
    throwsCode(() => {
      for (;;) s.send(a, new Uint8Array(1 << 18), 0);
    }, 'EAGAIN', 'send');
    s.setsockopt(b, s.SOL_SOCKET, s.SO_RCVTIMEO, 50);
    assert(s.recv(b, 10, 0).length > 0);
  });
});

test('a receive timeout bounds accept', () => {
  const { fd } = listener();
  s.setsockopt(fd, s.SOL_SOCKET, s.SO_RCVTIMEO, 30);
  assertEquals(s.accept(fd), null);
  s.close(fd);
});

test('a receive timeout with MSG_WAITALL gives what came', () => {
  using(tcpPair(), (a, b) => {
    s.setsockopt(b, s.SOL_SOCKET, s.SO_RCVTIMEO, 50);
    s.send(a, 'part', 0);
    assertEquals(s.recv(b, 100, s.MSG_WAITALL), 'part');
  });
});

test('what can only be read', () => {
  const { fd } = listener();
  using([fd, s.socket(s.AF_INET, s.SOCK_DGRAM)], (server, udp) => {
    assertEquals(s.getsockopt(server, s.SOL_SOCKET, s.SO_TYPE), s.SOCK_STREAM);
    assertEquals(s.getsockopt(udp, s.SOL_SOCKET, s.SO_TYPE), s.SOCK_DGRAM);
    assertEquals(s.getsockopt(server, s.SOL_SOCKET, s.SO_ACCEPTCONN), 1);
    assertEquals(s.getsockopt(server, s.SOL_SOCKET, s.SO_ERROR), 0);
    for (const option of [s.SO_TYPE, s.SO_ERROR, s.SO_ACCEPTCONN]) {
      throwsCode(() => s.setsockopt(server, s.SOL_SOCKET, option, 1), 'ENOPROTOOPT', 'setsockopt');
    }
  });
});

test('unknown levels and options', () => {
  using([s.socket()], (fd) => {
    for (const [level, option] of [[99, 1], [s.SOL_SOCKET, 9999], [s.IPPROTO_TCP, 77], [s.IPPROTO_IPV6, 1], [-1, -1], [0, 0]]) {
      throwsCode(() => s.getsockopt(fd, level, option), 'ENOPROTOOPT', 'getsockopt');
      throwsCode(() => s.setsockopt(fd, level, option, 1), 'ENOPROTOOPT', 'setsockopt');
    }
  });
});
