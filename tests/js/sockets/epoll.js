// epoll(7): level and edge triggered, ONESHOT, RDHUP.
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertThrows, test } from '../assert.js';
import { listener, tcpPair, throwsCode, using } from './_util.js';

const ADD = s.EPOLL_CTL_ADD;
const MOD = s.EPOLL_CTL_MOD;
const DEL = s.EPOLL_CTL_DEL;

function withEpoll(fn) {
  using([s.epoll_create1(0), ...s.socketpair()], fn);
}

test('level triggered: told until it is read', () => {
  withEpoll((ep, a, b) => {
    assertEquals(s.epoll_ctl(ep, ADD, a, s.EPOLLIN), 0);
    assertEquals(s.epoll_wait(ep, 10, 0), []);
    s.send(b, 'xy', 0);
    for (let i = 0; i < 3; i++) assertEquals(s.epoll_wait(ep, 10, 1000), [{ fd: a, events: s.EPOLLIN }]);
    s.recv(a, 1, 0);
    assertEquals(s.epoll_wait(ep, 10, 1000).length, 1);
    s.recv(a, 1, 0);
    assertEquals(s.epoll_wait(ep, 10, 0), []);
  });
});

test('edge triggered: told once for each arrival', () => {
  withEpoll((ep, a, b) => {
    s.epoll_ctl(ep, ADD, a, s.EPOLLIN | s.EPOLLET);
    s.send(b, 'x', 0);
    assertEquals(s.epoll_wait(ep, 10, 1000), [{ fd: a, events: s.EPOLLIN }]);
    assertEquals(s.epoll_wait(ep, 10, 20), []);
    s.send(b, 'y', 0);
    assertEquals(s.epoll_wait(ep, 10, 1000), [{ fd: a, events: s.EPOLLIN }]);
    assertEquals(s.recv(a, 10, 0), 'xy');
    assertEquals(s.epoll_wait(ep, 10, 20), []);
  });
});

test('edge triggered: ready before it is added', () => {
  withEpoll((ep, a, b) => {
    s.send(b, 'x', 0);
    s.epoll_ctl(ep, ADD, a, s.EPOLLIN | s.EPOLLOUT | s.EPOLLET);
    assertEquals(s.epoll_wait(ep, 10, 1000), [{ fd: a, events: s.EPOLLIN | s.EPOLLOUT }]);
    assertEquals(s.epoll_wait(ep, 10, 20), []);
  });
});

test('one shot: told once until MOD arms it again', () => {
  withEpoll((ep, a, b) => {
    s.epoll_ctl(ep, ADD, a, s.EPOLLIN | s.EPOLLONESHOT);
    s.send(b, 'x', 0);
    assertEquals(s.epoll_wait(ep, 10, 1000), [{ fd: a, events: s.EPOLLIN }]);
    s.send(b, 'y', 0);
    assertEquals(s.epoll_wait(ep, 10, 20), []);
    s.epoll_ctl(ep, MOD, a, s.EPOLLIN | s.EPOLLONESHOT);
    assertEquals(s.epoll_wait(ep, 10, 1000), [{ fd: a, events: s.EPOLLIN }]);
    assertEquals(s.epoll_wait(ep, 10, 0), []);
  });
});

test('MOD changes the events, DEL ends them', () => {
  withEpoll((ep, a, b) => {
    s.epoll_ctl(ep, ADD, a, s.EPOLLIN);
    s.epoll_ctl(ep, MOD, a, s.EPOLLOUT);
    s.send(b, 'x', 0);
    assertEquals(s.epoll_wait(ep, 10, 1000), [{ fd: a, events: s.EPOLLOUT }]);
    s.epoll_ctl(ep, DEL, a);
    assertEquals(s.epoll_wait(ep, 10, 20), []);
    throwsCode(() => s.epoll_ctl(ep, DEL, a), 'ENOENT', 'epoll_ctl');
    throwsCode(() => s.epoll_ctl(ep, MOD, a, s.EPOLLIN), 'ENOENT', 'epoll_ctl');
    s.epoll_ctl(ep, ADD, a, s.EPOLLIN);
    throwsCode(() => s.epoll_ctl(ep, ADD, a, s.EPOLLIN), 'EEXIST', 'epoll_ctl');
  });
});

test('RDHUP tells a half-close apart', () => {
  using([s.epoll_create1(), ...tcpPair()], (ep, a, b) => {
    s.epoll_ctl(ep, ADD, a, s.EPOLLRDHUP);
    assertEquals(s.epoll_wait(ep, 10, 0), []);
    s.send(b, 'x', 0);
    assertEquals(s.epoll_wait(ep, 10, 20), []);
    s.shutdown(b, s.SHUT_WR);
    const [event] = s.epoll_wait(ep, 10, 5000);
    assertEquals(event, { fd: a, events: s.EPOLLRDHUP });
  });
});

test('HUP is told unasked', () => {
  const [a, b] = s.socketpair();
  using([s.epoll_create1(), a], (ep) => {
    s.epoll_ctl(ep, ADD, a, 0);
    s.close(b);
    const [event] = s.epoll_wait(ep, 10, 1000);
    assert(event.events & s.EPOLLHUP);
  });
});

test('max bounds a batch; level triggered ones take turns', () => {
  const fds = Array.from({ length: 10 }, () => s.socketpair()).flat();
  using([s.epoll_create1(), ...fds], (ep, ...all) => {
    for (const fd of all) s.epoll_ctl(ep, ADD, fd, s.EPOLLOUT);
    assertEquals(s.epoll_wait(ep, 3, 1000).length, 3);
    const seen = new Set();
    for (let i = 0; i < 20; i++) for (const { fd } of s.epoll_wait(ep, 3, 1000)) seen.add(fd);
    assertEquals(seen.size, 20);
    assertEquals(s.epoll_wait(ep, 65536, 1000).length, 20);
  });
});

test('a closed fd leaves its set, and its number may join again', () => {
  using([s.epoll_create1()], (ep) => {
    const [a, b] = s.socketpair();
    s.epoll_ctl(ep, ADD, a, s.EPOLLOUT);
    s.close(a);
    s.close(b);
    assertEquals(s.epoll_wait(ep, 10, 20), []);
    using(s.socketpair(), (c, d) => {
      s.epoll_ctl(ep, ADD, c, s.EPOLLOUT);
      s.epoll_ctl(ep, ADD, d, s.EPOLLOUT);
      assertEquals(s.epoll_wait(ep, 10, 1000).length, 2);
    });
    assertEquals(s.epoll_wait(ep, 10, 20), []);
  });
});

test('a server of several clients on one epoll', () => {
  const server = listener();
  s.setnonblocking(server.fd);
  const ep = s.epoll_create1();
  s.epoll_ctl(ep, ADD, server.fd, s.EPOLLIN);
  const clients = Array.from({ length: 12 }, (_, i) => {
    const fd = s.socket();
    s.connect(fd, '127.0.0.1', server.port);
    s.send(fd, `client ${i}`, 0);
    s.shutdown(fd, s.SHUT_WR);
    return fd;
  });
  let served = 0;
  while (served < clients.length) {
    for (const { fd } of s.epoll_wait(ep, 8, 5000)) {
      if (fd === server.fd) {
        for (let peer = s.accept(fd); peer !== null; peer = s.accept(fd)) {
          s.setnonblocking(peer.fd);
          s.epoll_ctl(ep, ADD, peer.fd, s.EPOLLIN);
        }
        continue;
      }
      const text = s.recv(fd, 100, 0);
      if (text !== '') s.send(fd, `hello ${text}`, 0);
      else {
        s.epoll_ctl(ep, DEL, fd);
        s.close(fd);
        served++;
      }
    }
  }
  clients.forEach((fd, i) => {
    assertEquals(s.recv(fd, 100, s.MSG_WAITALL), `hello client ${i}`);
    s.close(fd);
  });
  s.close(server.fd);
  s.close(ep);
});

test('timeouts', () => {
  withEpoll((ep, a) => {
    s.epoll_ctl(ep, ADD, a, s.EPOLLIN);
    const start = performance.now();
    assertEquals(s.epoll_wait(ep, 10, 50), []);
    assert(performance.now() - start >= 45);
  });
});

test('wrong arguments and wrong fds', () => {
  withEpoll((ep, a) => {
    for (const max of [0, -1, 65537, 2 ** 31]) assertThrows(() => s.epoll_wait(ep, max, 0), RangeError, 'max');
    throwsCode(() => s.epoll_wait(a, 10, 0), 'EINVAL', 'epoll_wait');
    throwsCode(() => s.epoll_wait(4242, 10, 0), 'EBADF', 'epoll_wait');
    throwsCode(() => s.epoll_ctl(ep, ADD, ep, s.EPOLLIN), 'EINVAL', 'epoll_ctl');
    throwsCode(() => s.epoll_ctl(ep, ADD, 4242, s.EPOLLIN), 'EBADF', 'epoll_ctl');
    throwsCode(() => s.epoll_ctl(ep, ADD, 1, s.EPOLLIN), 'EBADF', 'epoll_ctl');
    throwsCode(() => s.epoll_ctl(ep, 9, a, s.EPOLLIN), 'EINVAL', 'epoll_ctl');
    throwsCode(() => s.epoll_ctl(ep, ADD, a, 0x100000), 'EINVAL', 'epoll_ctl');
    throwsCode(() => s.epoll_create1(1), 'EINVAL', 'epoll_create1');
    for (const [call, ...args] of [['send', 'x'], ['recv', 1], ['listen', 1], ['getsockname'], ['accept'], ['shutdown', 2]]) {
      throwsCode(() => s[call](ep, ...args), 'ENOTSOCK', call);
    }
    for (const call of ['epoll_ctl', 'epoll_wait']) assertThrows(() => s[call]('1', 1, 0), TypeError, 'file descriptor');
  });
});

test('an epoll instance in another', () => {
  withEpoll((ep, a, b) => {
    using([s.epoll_create1()], (outer) => {
      s.epoll_ctl(ep, ADD, a, s.EPOLLIN);
      s.epoll_ctl(outer, ADD, ep, s.EPOLLIN);
      assertEquals(s.epoll_wait(outer, 10, 0), []);
      s.send(b, 'x', 0);
      assertEquals(s.epoll_wait(outer, 10, 1000), [{ fd: ep, events: s.EPOLLIN }]);
      assertEquals(s.poll([{ fd: ep, events: s.POLLIN }], 1000), [{ fd: ep, revents: s.POLLIN }]);
    });
  });
});
