// Datagrams over UDP.
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertThrows, test } from '../assert.js';
import { throwsCode, using } from './_util.js';

function bound(family = s.AF_INET, address = family === s.AF_INET6 ? '::1' : '127.0.0.1') {
  const fd = s.socket(family, s.SOCK_DGRAM, 0);
  s.bind(fd, address, 0);
  return fd;
}

test('sendto and recvfrom, both families', () => {
  for (const [family, address] of [[s.AF_INET, '127.0.0.1'], [s.AF_INET6, '::1']]) {
    using([bound(family), bound(family)], (a, b) => {
      const to = s.getsockname(b);
      assertEquals(s.sendto(a, 'ping', 0, address, to.port), 4);
      const got = s.recvfrom(b, 100, 0);
      assertEquals(Object.keys(got), ['data', 'address', 'port', 'family']);
      assert(got.data instanceof Uint8Array);
      assertEquals(got.data, new Uint8Array([112, 105, 110, 103]));
      assertEquals([got.address, got.port, got.family], [address, s.getsockname(a).port, family]);
      s.sendto(b, got.data, 0, got.address, got.port);
      assertEquals(s.recv(a, 100, 0), 'ping');
    });
  }
});

test('datagrams keep their borders; what does not fit is lost; empty ones arrive', () => {
  using([bound(), bound()], (a, b) => {
    const { port } = s.getsockname(b);
    for (const text of ['one', '', 'three']) s.sendto(a, text, 0, '127.0.0.1', port);
    assertEquals(s.recvfrom(b, 2, 0).data.length, 2);
    assertEquals(s.recvfrom(b, 100, 0).data.length, 0);
    assertEquals(s.recvfrom(b, 100, 0).data.length, 5);
    throwsCode(() => s.recvfrom(b, 100, s.MSG_DONTWAIT), 'EAGAIN', 'recvfrom');
  });
});

test('all byte values, from any buffer', () => {
  using([bound(), bound()], (a, b) => {
    const { port } = s.getsockname(b);
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (const data of [all, all.buffer, new DataView(all.buffer), new Uint32Array(all.buffer)]) {
      s.sendto(a, data, 0, '127.0.0.1', port);
      assertEquals(s.recvfrom(b, 65536, 0).data, all);
    }
  });
});

test('MSG_PEEK shows a datagram and leaves it', () => {
  using([bound(), bound()], (a, b) => {
    s.sendto(a, 'x', 0, '127.0.0.1', s.getsockname(b).port);
    assertEquals(s.recvfrom(b, 10, s.MSG_PEEK).data.length, 1);
    assertEquals(s.recvfrom(b, 10, 0).data.length, 1);
  });
});

test('a connected socket', () => {
  using([bound(), bound()], (a, b) => {
    s.connect(a, '127.0.0.1', s.getsockname(b).port);
    assertEquals(s.getpeername(a).port, s.getsockname(b).port);
    s.send(a, 'hello', 0);
    assertEquals(s.recv(b, 100, 0), 'hello');
  });
});

test('a character that a datagram cuts is not mixed into the next one by recvfrom', () => {
  using([bound(), bound()], (a, b) => {
    const { port } = s.getsockname(b);
    s.sendto(a, new Uint8Array([0xe2, 0x82]), 0, '127.0.0.1', port);
    s.sendto(a, new Uint8Array([0xac]), 0, '127.0.0.1', port);
    assertEquals(s.recvfrom(b, 10, 0).data, new Uint8Array([0xe2, 0x82]));
    assertEquals(s.recvfrom(b, 10, 0).data, new Uint8Array([0xac]));
  });
});

test('recv: text of a datagram ends with it', () => {
  using([bound(), bound()], (a, b) => {
    const { port } = s.getsockname(b);
    for (const data of [new Uint8Array([0x61, 0xe2, 0x82]), new Uint8Array([0xac]), 'é']) s.sendto(a, data, 0, '127.0.0.1', port);
    assertEquals([s.recv(b, 10, 0), s.recv(b, 10, 0), s.recv(b, 10, 0)], ['a\ufffd', '\ufffd', 'é']);
  });
});

test('too large', () => {
  using([bound(), bound()], (a, b) => {
    const { port } = s.getsockname(b);
    throwsCode(() => s.sendto(a, new Uint8Array(65508), 0, '127.0.0.1', port), 'EMSGSIZE', 'sendto', { address: '127.0.0.1', port });
    assertEquals(s.sendto(a, new Uint8Array(60000), 0, '127.0.0.1', port), 60000);
    assertEquals(s.recvfrom(b, 65536, 0).data.length, 60000);
  });
});

test('the wrong family, no address, and what is denied', () => {
  using([bound()], (fd) => {
    throwsCode(() => s.sendto(fd, 'x', 0, '::1', 9), 'EAFNOSUPPORT', 'sendto');
    throwsCode(() => s.sendto(fd, 'x', 0, 'localhost', 9), 'EINVAL', 'sendto');
    throwsCode(() => s.send(fd, 'x', 0), 'EDESTADDRREQ', 'send');
    const error = throwsCode(() => s.sendto(fd, 'x', 0, '192.0.2.1', 53), 'EACCES', 'sendto', { address: '192.0.2.1', port: 53 });
    assert(error.message.includes('--allow-udp=192.0.2.1:53'), error.message);
    assertThrows(() => s.sendto(fd, 'x', 0, '127.0.0.1', 65536), RangeError, '65536');
    assertThrows(() => s.sendto(fd, null, 0, '127.0.0.1', 9), TypeError);
  });
});
