// poll(2).
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertThrows, test } from '../assert.js';
import { listener, tcpPair, using } from './_util.js';

test('nothing is ready: the timeout passes', () => {
  using(s.socketpair(), (a) => {
    const start = performance.now();
    const entry = { fd: a, events: s.POLLIN };
    assertEquals(s.poll([entry], 50), []);
    assert(performance.now() - start >= 45, `${performance.now() - start} ms`);
    assertEquals(entry.revents, 0);
    assertEquals(s.poll([entry], 0), []);
  });
});

test('no entries: a sleep', () => {
  const start = performance.now();
  assertEquals(s.poll([], 30), []);
  assert(performance.now() - start >= 25);
});

test('POLLIN and POLLOUT', () => {
  using(s.socketpair(), (a, b) => {
    assertEquals(s.poll([{ fd: a, events: s.POLLIN | s.POLLOUT }], -1), [{ fd: a, revents: s.POLLOUT }]);
    s.send(b, 'x', 0);
    assertEquals(s.poll([{ fd: a, events: s.POLLIN | s.POLLOUT }], -1), [{ fd: a, revents: s.POLLIN | s.POLLOUT }]);
    assertEquals(s.poll([{ fd: a, events: s.POLLIN }]), [{ fd: a, revents: s.POLLIN }]);
    assertEquals(s.poll([{ fd: a, events: 0 }], 0), []);
  });
});

test('only the ready ones are returned, and revents is set on each entry', () => {
  using([...s.socketpair(), ...s.socketpair()], (a, b, c, d) => {
    s.send(c, 'x', 0);
    const entries = [a, b, c, d].map((fd) => ({ fd, events: s.POLLIN, mine: fd }));
    assertEquals(s.poll(entries, 1000), [{ fd: d, revents: s.POLLIN }]);
    assertEquals(entries.map((e) => e.revents), [0, 0, 0, s.POLLIN]);
    assertEquals(entries.map((e) => e.mine), [a, b, c, d]);
  });
});

test('a hang-up is told unasked', () => {
  const [a, b] = s.socketpair();
  s.close(b);
  const [ready] = s.poll([{ fd: a, events: 0 }], 1000);
  assert(ready.revents & s.POLLHUP);
  s.close(a);
});

test('POLLNVAL for what is not open, and -1 is skipped', () => {
  using(s.socketpair(), (a) => {
    const gone = s.socket();
    s.close(gone);
    assertEquals(s.poll([{ fd: gone, events: s.POLLIN }, { fd: 0, events: s.POLLIN }], -1), [
      { fd: gone, revents: s.POLLNVAL }, { fd: 0, revents: s.POLLNVAL },
    ]);
    const out = s.poll([{ fd: -1, events: s.POLLIN }, { fd: a, events: s.POLLOUT }], 1000);
    assertEquals(out, [{ fd: a, revents: s.POLLOUT }]);
    assertEquals(s.poll([{ fd: -1, events: s.POLLIN }], 10), []);
  });
});

test('the same fd twice', () => {
  using(s.socketpair(), (a, b) => {
    s.send(b, 'x', 0);
    const out = s.poll([{ fd: a, events: s.POLLIN }, { fd: a, events: s.POLLOUT }], 1000);
    assertEquals(out, [{ fd: a, revents: s.POLLIN }, { fd: a, revents: s.POLLOUT }]);
  });
});

test('a listener becomes readable', () => {
  const { fd, port } = listener();
  assertEquals(s.poll([{ fd, events: s.POLLIN }], 0), []);
  const client = s.socket();
  s.connect(client, '127.0.0.1', port);
  assertEquals(s.poll([{ fd, events: s.POLLIN }], 5000), [{ fd, revents: s.POLLIN }]);
  s.close(s.accept(fd).fd);
  s.close(fd);
  s.close(client);
});

test('a half-close is readable', () => {
  using(tcpPair(), (a, b) => {
    s.shutdown(a, s.SHUT_WR);
    const [ready] = s.poll([{ fd: b, events: s.POLLIN }], 5000);
    assert(ready.revents & s.POLLIN);
    assertEquals(s.recv(b, 10, 0), '');
  });
});

test('many entries', () => {
  const fds = Array.from({ length: 100 }, () => s.socketpair()).flat();
  using(fds, () => {
    const entries = fds.map((fd) => ({ fd, events: s.POLLOUT }));
    assertEquals(s.poll(entries, 1000).length, 200);
  });
});

test('wrong arguments', () => {
  assertThrows(() => s.poll(), TypeError, 'array');
  assertThrows(() => s.poll({ length: 1 }, 0), TypeError, 'array');
  for (const entry of [null, undefined]) assertThrows(() => s.poll([entry], 0), TypeError);
  for (const entry of [5, 'x', {}, { fd: 'x' }, { fd: 1000 }, { fd: NaN, events: 1 }, { fd: 1.5, events: 1 }, { fd: 1000, events: null }]) {
    assertThrows(() => s.poll([entry], 0), TypeError, 'integers');
  }
  assertThrows(() => s.poll(new Array(65537).fill({ fd: -1, events: 1 }), 0), RangeError, '65536');
  assertThrows(() => s.poll(Object.assign([], { length: 2 ** 32 - 1 }), 0), RangeError);
  assertThrows(() => s.poll([], Symbol()), TypeError);
});

test('getters that change the list while it is read', () => {
  using(s.socketpair(), (a) => {
    const list = [];
    list.push({ get fd() { list.length = 1; return a; }, events: s.POLLOUT }, { fd: a, events: s.POLLOUT });
    try {
      s.poll(list, 0);
    } catch (error) {
      assert(error instanceof TypeError, String(error));
    }
    const frozen = Object.freeze({ fd: a, events: s.POLLOUT });
    assertThrows(() => s.poll([frozen], 0), TypeError);
  });
});
