// TCP over IPv4 and IPv6: blocking and non-blocking calls.
import * as s from 'wqjs:sockets';
import { assert, assertEquals, test } from '../assert.js';
import { listener, recvAll, tcpPair, throwsCode, using } from './_util.js';

test('a server and a client, as in the quick start of the native module', () => {
  const server = s.socket(s.AF_INET, s.SOCK_STREAM, 0);
  assertEquals(s.setsockopt(server, s.SOL_SOCKET, s.SO_REUSEADDR, 1), 0);
  assertEquals(s.bind(server, '127.0.0.1', 0), 0);
  assertEquals(s.listen(server, 5), 0);
  const { port } = s.getsockname(server);
  const client = s.socket(s.AF_INET, s.SOCK_STREAM, 0);
  assertEquals(s.connect(client, '127.0.0.1', port), 0);
  const peer = s.accept(server);
  assertEquals(Object.keys(peer), ['fd', 'address', 'port', 'family']);
  assertEquals(peer.address, '127.0.0.1');
  assertEquals(peer.port, s.getsockname(client).port);
  assertEquals(peer.family, s.AF_INET);
  assertEquals(s.send(client, 'GET / HTTP/1.1\r\n\r\n', 0), 18);
  assertEquals(s.recv(peer.fd, 1024, 0), 'GET / HTTP/1.1\r\n\r\n');
  assertEquals(s.send(peer.fd, 'HTTP/1.1 200 OK\r\n\r\nHello!', 0), 25);
  assertEquals(s.close(peer.fd), 0);
  assertEquals(s.recv(client, 1024, 0), 'HTTP/1.1 200 OK\r\n\r\nHello!');
  assertEquals(s.recv(client, 1024, 0), '');
  assertEquals(s.close(client), 0);
  assertEquals(s.close(server), 0);
});

test('optional arguments may be left out', () => {
  const server = s.socket();
  s.bind(server, '127.0.0.1');
  s.listen(server);
  const client = s.socket(s.AF_INET);
  s.connect(client, '127.0.0.1', s.getsockname(server).port);
  const peer = s.accept(server);
  s.send(client, 'abc');
  assertEquals(s.recv(peer.fd), 'abc');
  s.send(client, 'def');
  assertEquals(s.recvBytes(peer.fd), new Uint8Array([100, 101, 102]));
  for (const fd of [server, client, peer.fd]) s.close(fd);
});

test('accept gives null when the listener does not block and nobody waits', () => {
  const { fd, port } = listener();
  s.setnonblocking(fd);
  assertEquals(s.accept(fd), null);
  const client = s.socket();
  s.connect(client, '127.0.0.1', port);
  s.poll([{ fd, events: s.POLLIN }], 5000);
  const peer = s.accept(fd);
  assertEquals(s.accept(fd), null);
  // An accepted socket blocks, whatever the listener does.
  assertEquals(s.fcntl(peer.fd, s.F_GETFL, 0), 0);
  for (const each of [fd, client, peer.fd]) s.close(each);
});

test('O_NONBLOCK: SOCK_NONBLOCK, setnonblocking and fcntl', () => {
  const fd = s.socket(s.AF_INET, s.SOCK_STREAM | s.SOCK_NONBLOCK | s.SOCK_CLOEXEC, 0);
  using([fd], () => {
    assertEquals(s.fcntl(fd, s.F_GETFL), s.O_NONBLOCK);
    assertEquals(s.fcntl(fd, s.F_SETFL, 0), 0);
    assertEquals(s.fcntl(fd, s.F_GETFL, 0), 0);
    assertEquals(s.fcntl(fd, s.F_SETFL, s.O_NONBLOCK), 0);
    assertEquals(s.fcntl(fd, s.F_GETFL, 0), s.O_NONBLOCK);
    assertEquals(s.setnonblocking(fd, false), 0);
    assertEquals(s.fcntl(fd, s.F_GETFL, 0), 0);
    assertEquals(s.setnonblocking(fd), 0);
    assertEquals(s.fcntl(fd, s.F_GETFL, 0), s.O_NONBLOCK);
    throwsCode(() => s.fcntl(fd, s.F_SETFL, 1), 'EINVAL', 'fcntl');
    throwsCode(() => s.fcntl(fd, 99, 0), 'EINVAL', 'fcntl');
  });
});

test('a non-blocking connect is under way first', () => {
  const server = listener();
  const fd = s.socket(s.AF_INET, s.SOCK_STREAM | s.SOCK_NONBLOCK, 0);
  using([server.fd, fd], () => {
    throwsCode(() => s.connect(fd, '127.0.0.1', server.port), 'EINPROGRESS', 'connect', {
      address: '127.0.0.1', port: server.port,
    });
    const [ready] = s.poll([{ fd, events: s.POLLOUT }], 5000);
    assertEquals(ready.fd, fd);
    assertEquals(s.getsockopt(fd, s.SOL_SOCKET, s.SO_ERROR), 0);
    assert(s.is_connected(fd));
  });
});

test('a refused connection, blocking and not', () => {
  const closed = listener();
  s.close(closed.fd);
  using([s.socket(), s.socket(s.AF_INET, s.SOCK_STREAM | s.SOCK_NONBLOCK)], (a, b) => {
    throwsCode(() => s.connect(a, '127.0.0.1', closed.port), 'ECONNREFUSED', 'connect', {
      address: '127.0.0.1', port: closed.port, errno: 14,
    });
    assert(s.get_error().includes('refused'), s.get_error());
    assert(!s.is_connected(a));
    throwsCode(() => s.connect(b, '127.0.0.1', closed.port), 'EINPROGRESS', 'connect');
    s.poll([{ fd: b, events: s.POLLOUT }], 5000);
    // SO_ERROR is in the numbers of error.errno, and reading it clears it.
    assertEquals(s.getsockopt(b, s.SOL_SOCKET, s.SO_ERROR), 14);
    assertEquals(s.getsockopt(b, s.SOL_SOCKET, s.SO_ERROR), 0);
  });
});

test('IPv6', () => {
  const server = listener(s.AF_INET6);
  const client = s.socket(s.AF_INET6, s.SOCK_STREAM, s.IPPROTO_TCP);
  s.connect(client, '::1', server.port);
  const peer = s.accept(server.fd);
  assertEquals(peer.address, '::1');
  assertEquals(peer.family, s.AF_INET6);
  assertEquals(s.getpeername(client), { address: '::1', port: server.port, family: s.AF_INET6 });
  s.send(client, 'six', 0);
  assertEquals(s.recv(peer.fd, 10, 0), 'six');
  for (const fd of [server.fd, client, peer.fd]) s.close(fd);
});

test('other spellings of an IPv6 address, and a scope', () => {
  const server = listener(s.AF_INET6);
  using([server.fd, s.socket(s.AF_INET6)], (_, client) => {
    s.connect(client, '0:0:0:0:0:0:0:1', server.port);
    assertEquals(s.getpeername(client).address, '::1');
  });
  s.close(s.socket(s.AF_INET6));
  using([s.socket(s.AF_INET6)], (fd) => {
    const error = throwsCode(() => s.connect(fd, 'fe80::1%1', 80), 'EACCES', 'connect');
    assert(error.message.includes('--allow-connect'), error.message);
  });
});

test('an IPv6 socket speaks to IPv4 by the mapped address', () => {
  const server = listener(s.AF_INET);
  using([server.fd, s.socket(s.AF_INET6)], (_, client) => {
    s.setsockopt(client, s.IPPROTO_IPV6, s.IPV6_V6ONLY, 0);
    s.connect(client, '::ffff:127.0.0.1', server.port);
    const peer = s.accept(server.fd);
    assertEquals(peer.address, '127.0.0.1');
    assertEquals(s.getpeername(client).address, '::ffff:127.0.0.1');
    s.close(peer.fd);
  });
});

test('binding to all addresses', () => {
  for (const [family, address] of [[s.AF_INET, ''], [s.AF_INET, '0.0.0.0'], [s.AF_INET6, ''], [s.AF_INET6, '::']]) {
    using([s.socket(family)], (fd) => {
      s.bind(fd, address, 0);
      s.listen(fd, 1);
      const name = s.getsockname(fd);
      assert(name.port > 0);
      assertEquals(name.address, family === s.AF_INET ? '0.0.0.0' : '::');
    });
  }
});

test('an address in use', () => {
  const server = listener();
  using([server.fd, s.socket()], (_, fd) => {
    throwsCode(() => s.bind(fd, '127.0.0.1', server.port), 'EADDRINUSE', 'bind', { address: '127.0.0.1', port: server.port });
  });
});

test('shutdown: half-close, both ways, and twice', () => {
  using(tcpPair(), (a, b) => {
    s.send(a, 'last words', 0);
    assertEquals(s.shutdown(a, s.SHUT_WR), 0);
    assertEquals(s.recv(b, 100, 0), 'last words');
    assertEquals(s.recv(b, 100, 0), '');
    throwsCode(() => s.send(a, 'x', 0), 'EPIPE', 'send');
    s.send(b, 'answer', 0);
    assertEquals(s.recv(a, 100, 0), 'answer');
    s.shutdown(b, s.SHUT_RDWR);
    assertEquals(s.recv(a, 100, 0), '');
  });
});

test('is_connected', () => {
  const [a, b] = tcpPair();
  assert(s.is_connected(a) && s.is_connected(b));
  s.send(b, 'x', 0);
  s.poll([{ fd: a, events: s.POLLIN }], 5000);
  assert(s.is_connected(a), 'data that waits is no end');
  assertEquals(s.recv(a, 10, 0), 'x');
  s.close(b);
  s.poll([{ fd: a, events: s.POLLIN }], 5000);
  assert(!s.is_connected(a));
  s.close(a);
  using([s.socket()], (fd) => assert(!s.is_connected(fd)));
});

test('a reset shows as ECONNRESET', () => {
  const [a, b] = tcpPair();
  s.setsockopt(b, s.SOL_SOCKET, s.SO_LINGER, 0);
  s.close(b);
  throwsCode(() => s.recv(a, 10, 0), 'ECONNRESET', 'recv');
  s.close(a);
});

test('MSG_PEEK leaves the data, MSG_DONTWAIT does not wait, MSG_WAITALL gets all', () => {
  using(tcpPair(), (a, b) => {
    throwsCode(() => s.recv(b, 10, s.MSG_DONTWAIT), 'EAGAIN', 'recv');
    throwsCode(() => s.recvBytes(b, 10, s.MSG_DONTWAIT), 'EAGAIN', 'recv');
    s.send(a, 'abc', s.MSG_NOSIGNAL);
    assertEquals(s.recv(b, 10, s.MSG_PEEK), 'abc');
    assertEquals(s.recv(b, 2, s.MSG_PEEK), 'ab');
    assertEquals(s.recv(b, 10, 0), 'abc');
    s.send(a, 'first', 0);
    s.send(a, 'second', 0);
    assertEquals(s.recv(b, 11, s.MSG_WAITALL), 'firstsecond');
    s.send(a, 'short', 0);
    s.shutdown(a, s.SHUT_WR);
    assertEquals(s.recv(b, 100, s.MSG_WAITALL), 'short');
    throwsCode(() => s.recv(b, 10, 0x1), 'EINVAL', 'recv');
    throwsCode(() => s.send(b, 'x', 0x80000), 'EINVAL', 'send');
  });
});

test('a full socket takes a part, then says EAGAIN', () => {
  using(tcpPair(), (a, b) => {
    s.setnonblocking(a);
    const piece = new Uint8Array(1 << 20).fill(7);
    let sent = 0;
    const error = (() => {
      for (let i = 0; i < 1000; i++) {
        try {
          sent += s.send(a, piece, 0);
        } catch (caught) {
          return caught;
        }
      }
      return null;
    })();
    assertEquals(error?.code, 'EAGAIN');
    assert(sent > 0);
    const got = recvAll(b, sent);
    assert(got.length === sent && got.every((byte) => byte === 7));
  });
});

test('every address of the loopback block may be used', () => {
  using([s.socket(), s.socket()], (server, client) => {
    s.bind(server, '127.0.0.2', 0);
    s.listen(server, 1);
    s.bind(client, '127.0.0.3', 0);
    s.connect(client, '127.0.0.2', s.getsockname(server).port);
    const peer = s.accept(server);
    assertEquals(peer.address, '127.0.0.3');
    s.close(peer.fd);
  });
});
