// Errors: their form, closed fds, wrong arguments, denied operations, limits.
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertThrows, test } from '../assert.js';
import { throwsCode, using } from './_util.js';

const CALLS = {
  accept: [], bind: ['127.0.0.1', 0], connect: ['127.0.0.1', 9], listen: [1], send: ['x', 0], recv: [10, 0],
  recvBytes: [10, 0], recvInto: [new Uint8Array(4)], recvfrom: [10, 0], sendto: ['x', 0, '127.0.0.1', 9], close: [],
  shutdown: [2], setsockopt: [1, 2, 1], getsockopt: [1, 2], getsockname: [], getpeername: [], fcntl: [3, 0],
  setnonblocking: [],
};
const SYSCALL = { recvBytes: 'recv', recvInto: 'recv', setnonblocking: 'fcntl' };

test('a closed fd is EBADF everywhere, and so are numbers that never were fds', () => {
  const fd = s.socket();
  s.close(fd);
  for (const name in CALLS) {
    for (const bad of [fd, -1, 0, 1, 2, 999, 1000 + 65536, 2 ** 31 - 1, -(2 ** 31)]) {
      throwsCode(() => s[name](bad, ...CALLS[name]), 'EBADF', SYSCALL[name] ?? name, { errno: 8 });
    }
  }
  assertEquals(s.is_connected(fd), false);
});

test('what is no number is a TypeError that says so', () => {
  const names = [...Object.keys(CALLS), 'is_connected'];
  for (const name of names) {
    for (const bad of [undefined, null, '1000', true, {}, [], Symbol(), 10n, () => {}]) {
      assertThrows(() => s[name](bad, ...(CALLS[name] ?? [])), TypeError, 'file descriptor');
    }
  }
});

test('fds are not rounded to others', () => {
  const fd = s.socket();
  using([fd], () => {
    for (const bad of [fd + 0.5, NaN, Infinity, fd + 2 ** 32]) {
      throwsCode(() => s.getsockname(bad), 'EBADF', 'getsockname');
      throwsCode(() => s.send(bad, 'x', 0), 'EBADF', 'send');
    }
  });
});

test('the form of an error', () => {
  using([s.socket()], (fd) => {
    const error = throwsCode(() => s.connect(fd, '127.0.0.1', 1), 'ECONNREFUSED', 'connect');
    assertEquals(Object.keys(error), ['code', 'errno', 'syscall', 'address', 'port']);
    assert(error instanceof Error);
    assertEquals(error.name, 'InternalError');
    assertEquals(error.message, 'connect 127.0.0.1:1: Connection refused (ECONNREFUSED)');
    assert(error.stack.includes('errors.js:'), error.stack);
    assertEquals(s.get_error(), 'Connection refused');
  });
});

test('get_error is the text of the last failure', () => {
  assertThrows(() => s.close(-1));
  assertEquals(s.get_error(), 'Bad file descriptor');
  using([s.socket()], (fd) => {
    assertThrows(() => s.getpeername(fd));
    assert(/not connected/i.test(s.get_error()), s.get_error());
  });
});

test('operations in the wrong state', () => {
  using([s.socket(), s.socket(s.AF_INET, s.SOCK_DGRAM)], (fd, udp) => {
    throwsCode(() => s.getpeername(fd), 'ENOTCONN', 'getpeername');
    throwsCode(() => s.shutdown(fd, s.SHUT_RDWR), 'ENOTCONN', 'shutdown');
    throwsCode(() => s.accept(fd), 'EINVAL', 'accept');
    throwsCode(() => s.shutdown(fd, 3), 'EINVAL', 'shutdown');
    throwsCode(() => s.shutdown(fd, -1), 'EINVAL', 'shutdown');
    s.bind(udp, '127.0.0.1', 0);
    throwsCode(() => s.listen(udp, 1), 'ENOTSUP', 'listen');
    throwsCode(() => s.bind(udp, '127.0.0.1', 0), 'EINVAL', 'bind');
  });
});

test('unknown families, types and protocols', () => {
  for (const [args, code] of [
    [[99, 1, 0], 'EAFNOSUPPORT'], [[-1, 1, 0], 'EAFNOSUPPORT'], [[0, 1, 0], 'EAFNOSUPPORT'],
    [[2, 1, 999], 'EPROTONOSUPPORT'], [[2, 1, 17], 'EPROTONOSUPPORT'], [[2, 2, 6], 'EPROTONOSUPPORT'],
  ]) {
    throwsCode(() => s.socket(...args), code, 'socket');
  }
  for (const type of [0, 9, 4, 5, -1]) {
    const error = assertThrows(() => s.socket(2, type, 0), InternalError);
    assert(['ENOTSUP', 'EPROTOTYPE', 'EPROTONOSUPPORT', 'EINVAL'].includes(error.code), `type ${type}: ${error.code}`);
  }
});

test('denied: listening, connecting, raw sockets; the message names the flag', () => {
  using([s.socket(), s.socket(s.AF_INET6)], (fd, six) => {
    for (const [use, flag] of [
      [() => s.connect(fd, '192.0.2.1', 443), '--allow-connect=192.0.2.1:443'],
      [() => s.connect(fd, '169.254.169.254', 80), '--allow-connect=169.254.169.254/32:80'],
      [() => s.connect(fd, '10.0.0.1', 5432), '--allow-connect=10.0.0.1:5432'],
      [() => s.connect(six, '2001:db8::1', 443), '--allow-connect=[2001:db8::1]:443'],
      [() => s.connect(six, '::ffff:10.0.0.1', 80), '--allow-connect=10.0.0.1:80'],
      [() => s.connect(fd, '0.0.0.0', 80), '--allow-connect=0.0.0.0/32:80'],
      [() => s.bind(fd, '192.0.2.1', 8080), '--allow-listen=192.0.2.1:8080'],
      [() => s.bind(six, '2001:db8::1', 0), '--allow-listen=[2001:db8::1]'],
      [() => s.socket(s.AF_INET, s.SOCK_RAW, s.IPPROTO_ICMP), '--allow-raw'],
      [() => s.getaddrinfo('example.com'), '--allow-resolve=example.com'],
      [() => s.gethostbyname('internal.example'), '--allow-resolve=internal.example'],
    ]) {
      const error = assertThrows(use, InternalError, flag);
      assertEquals(error.code, 'EACCES', error.message);
      assertEquals(error.errno, 2);
    }
  });
});

test('addresses that are none', () => {
  using([s.socket(), s.socket(s.AF_INET6)], (fd, six) => {
    for (const bad of [
      'localhost', 'example.com', '127.1', '0x7f000001', '2130706433', '017700000001', '127.0.0.1 ', ' 127.0.0.1',
      '127.0.0.1.', '127.0.0.256', '127.0.0', '1.2.3.4.5', '127.0.0.01', '127.0.0.1\0', '127.0.0.1:80', 'a b', '[::1',
    ]) {
      const error = assertThrows(() => s.connect(fd, bad, 80), InternalError);
      assertEquals(error.code, 'EINVAL', `${JSON.stringify(bad)}: ${error.message}`);
      assertEquals(error.address, bad.replace('\0', ''));
    }
    throwsCode(() => s.connect(fd, '::1', 80), 'EAFNOSUPPORT', 'connect');
    for (const bad of [':::', '1:2:3:4:5:6:7', '::1%', '::g', '1::2::3']) {
      assertThrows(() => s.connect(six, bad, 80), InternalError);
    }
    assertThrows(() => s.connect(fd, 'x'.repeat(100000), 80), InternalError);
    assertThrows(() => s.connect(fd, Symbol(), 80), TypeError);
  });
});

test('ports', () => {
  using([s.socket()], (fd) => {
    for (const bad of [-1, 65536, 80.5, NaN, Infinity, 'http', {}, 2 ** 32 + 80]) {
      assertThrows(() => s.connect(fd, '127.0.0.1', bad), RangeError, 'port');
      assertThrows(() => s.bind(fd, '127.0.0.1', bad), RangeError, 'port');
    }
    throwsCode(() => s.connect(fd, '127.0.0.1', 0), 'EACCES', 'connect');
    assertEquals(s.bind(fd, '127.0.0.1', '0'), 0);
  });
});

test('data that is none', () => {
  using(s.socketpair(), (a) => {
    for (const bad of [undefined, null, {}, [], [1, 2], Symbol(), () => {}, new Map()]) {
      assertThrows(() => s.send(a, bad, 0), TypeError, 'data must be');
    }
    for (const bad of [undefined, null, {}, [], 'text', 12]) {
      assertThrows(() => s.recvInto(a, bad), TypeError, 'ArrayBuffer');
    }
    throwsCode(() => s.recv(a, 1, s.MSG_DONTWAIT), 'EAGAIN', 'recv');
  });
});

test('flags and options that are no numbers', () => {
  using(s.socketpair(), (a) => {
    for (const bad of ['0', 'x', {}, [], Symbol(), 1n, () => {}]) {
      assertThrows(() => s.send(a, 'x', bad), TypeError, 'numbers');
      assertThrows(() => s.recv(a, 1, bad), TypeError, 'numbers');
      assertThrows(() => s.setsockopt(a, s.SOL_SOCKET, s.SO_REUSEADDR, bad), TypeError, 'numbers');
      assertThrows(() => s.socket(bad), TypeError, 'numbers');
      assertThrows(() => s.shutdown(a, bad), TypeError, 'numbers');
    }
    assertEquals(s.send(a, 'x', null), 1);
  });
});

test('the limit of fds is EMFILE, and closing makes room', () => {
  const fds = [];
  const error = (() => {
    for (;;) {
      try {
        fds.push(s.socket());
      } catch (caught) {
        return caught;
      }
      if (fds.length > 70000) return null;
    }
  })();
  assertEquals(error?.code, 'EMFILE');
  for (const make of [() => s.socketpair(), () => s.epoll_create1()]) assertEquals(assertThrows(make).code, 'EMFILE');
  s.close(fds.pop());
  // A pair needs two.
  assertEquals(assertThrows(() => s.socketpair()).code, 'EMFILE');
  fds.push(s.socket());
  for (const fd of fds) s.close(fd);
  for (const fd of s.socketpair()) s.close(fd);
});

test('closing twice', () => {
  const fd = s.socket();
  s.close(fd);
  throwsCode(() => s.close(fd), 'EBADF', 'close');
});
