// Bytes go both ways without loss, from and into every kind of buffer.
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertThrows, test } from '../assert.js';
import { recvAll, throwsCode, using } from './_util.js';

const ALL = Uint8Array.from({ length: 256 }, (_, i) => i);
const KINDS = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
  Float64Array, BigInt64Array, BigUint64Array,
];
if (typeof Float16Array === 'function') KINDS.push(Float16Array);

test('all 256 byte values, through recvBytes, recvInto and recvfrom', () => {
  using(s.socketpair(), (a, b) => {
    s.send(a, ALL, 0);
    assertEquals(s.recvBytes(b, 256, 0), ALL);
    s.send(a, ALL, 0);
    const buffer = new Uint8Array(256);
    assertEquals(s.recvInto(b, buffer), 256);
    assertEquals(buffer, ALL);
    s.send(a, ALL, 0);
    assertEquals(s.recvfrom(b, 300, 0).data, ALL);
  });
});

test('send takes every typed array, ArrayBuffer and DataView', () => {
  using(s.socketpair(), (a, b) => {
    for (const Kind of KINDS) {
      const view = new Kind(ALL.slice().buffer);
      assertEquals(s.send(a, view, 0), 256, Kind.name);
      assertEquals(recvAll(b, 256), ALL, Kind.name);
      // A view of the middle: whole elements from byte 64 on.
      const part = new Kind(ALL.slice().buffer, 64, 64 / Kind.BYTES_PER_ELEMENT);
      assertEquals(s.send(a, part, 0), 64);
      assertEquals(recvAll(b, 64), ALL.slice(64, 128), Kind.name);
    }
    assertEquals(s.send(a, ALL.slice().buffer, 0), 256);
    assertEquals(recvAll(b, 256), ALL);
    assertEquals(s.send(a, new DataView(ALL.slice().buffer, 3, 10), 0), 10);
    assertEquals(recvAll(b, 10), ALL.slice(3, 13));
  });
});

test('recvInto fills every kind', () => {
  using(s.socketpair(), (a, b) => {
    for (const Kind of KINDS) {
      const store = new ArrayBuffer(256);
      s.send(a, ALL, 0);
      assertEquals(s.recvInto(b, new Kind(store)), 256, Kind.name);
      assertEquals(new Uint8Array(store), ALL, Kind.name);
    }
    const store = new ArrayBuffer(20);
    s.send(a, ALL.subarray(0, 10), 0);
    assertEquals(s.recvInto(b, new DataView(store, 5, 10)), 10);
    assertEquals(new Uint8Array(store), Uint8Array.from({ length: 20 }, (_, i) => (i >= 5 && i < 15 ? i - 5 : 0)));
    s.send(a, ALL.subarray(0, 20), 0);
    assertEquals(s.recvInto(b, store), 20);
    assertEquals(new Uint8Array(store), ALL.slice(0, 20));
  });
});

test('offset and length narrow the buffer, in bytes', () => {
  using(s.socketpair(), (a, b) => {
    assertEquals(s.send(a, ALL, 250, 6, 0), 6);
    assertEquals(s.send(a, new Uint16Array(ALL.slice().buffer), 1, 3, 0), 3);
    assertEquals(s.send(a, ALL, 256, 0, 0), 0);
    assertEquals(recvAll(b, 9), new Uint8Array([250, 251, 252, 253, 254, 255, 1, 2, 3]));
    s.send(a, ALL, 0, 100, 0);
    const buffer = new Uint8Array(16);
    assertEquals(s.recvInto(b, buffer, 4, 3), 3);
    assertEquals(buffer, new Uint8Array([0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    assertEquals(s.recvInto(b, buffer, 15), 1);
    assertEquals(buffer[15], 3);
    assertEquals(s.recvInto(b, buffer, 0, 2, s.MSG_PEEK), 2);
    assertEquals(recvAll(b, 96), ALL.slice(4, 100));
  });
});

test('offsets and lengths outside are RangeErrors, and nothing is sent', () => {
  using(s.socketpair(), (a, b) => {
    const buffer = new Uint8Array(10);
    for (const [offset, length] of [[11, 0], [0, 11], [5, 6], [-1, 1], [0, -1], [Infinity, 0], [2 ** 53, 0], [2 ** 32, 1], [10, 1]]) {
      assertThrows(() => s.send(a, buffer, offset, length, 0), RangeError);
      assertThrows(() => s.recvInto(b, buffer, offset, length), RangeError);
    }
    // No room is a mistake of the caller: 0 would look like the end.
    assertThrows(() => s.recvInto(b, buffer, 10), RangeError);
    assertThrows(() => s.recvInto(b, new Uint8Array(0)), RangeError);
    throwsCode(() => s.recv(b, 1, s.MSG_DONTWAIT), 'EAGAIN', 'recv');
  });
});

test('resizable buffers: a length-tracking view, and one that fell out of bounds', () => {
  using(s.socketpair(), (a, b) => {
    const store = new ArrayBuffer(4, { maxByteLength: 16 });
    const tracking = new Uint8Array(store);
    const fixed = new Uint8Array(store, 2, 2);
    store.resize(8);
    new Uint8Array(store).set([1, 2, 3, 4, 5, 6, 7, 8]);
    assertEquals(s.send(a, tracking, 0), 8);
    assertEquals(recvAll(b, 8), new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
    store.resize(3);
    s.send(a, 'zz', 0);
    for (const use of [() => s.send(a, fixed, 0), () => s.recvInto(b, fixed)]) assertThrows(use, TypeError);
    assertEquals(s.recv(b, 10), 'zz');
  });
});

test('detached buffers are refused', () => {
  using(s.socketpair(), (a, b) => {
    const view = new Uint8Array(8);
    view.buffer.transfer();
    assertThrows(() => s.send(a, view, 0), TypeError, 'detached');
    assertThrows(() => s.recvInto(b, view), TypeError, 'detached');
  });
});

test('a buffer that is detached while the arguments are read', () => {
  using(s.socketpair(), (a, b) => {
    const data = new Uint8Array(64);
    const evil = { valueOf() { data.buffer.transfer(); return 0; } };
    // An error, or nothing moved; never a read of freed memory.
    for (const use of [() => s.send(a, data, evil, 8, 0), () => s.recvInto(b, data, 0, evil)]) {
      try {
        use();
      } catch (error) {
        assert(error instanceof TypeError || error instanceof RangeError, String(error));
      }
    }
    const shrinking = new ArrayBuffer(64, { maxByteLength: 64 });
    const view = new Uint8Array(shrinking);
    const shrink = { valueOf() { shrinking.resize(1); return 60; } };
    s.send(b, 'x', 0);
    for (const use of [() => s.send(a, view, shrink, 4, 0), () => s.recvInto(a, view, shrink, 4)]) {
      shrinking.resize(64);
      try {
        use();
      } catch (error) {
        assert(error instanceof TypeError || error instanceof RangeError, String(error));
      }
    }
  });
});

test('recvBytes gives an array of its own, of just what came', () => {
  using(s.socketpair(), (a, b) => {
    s.send(a, 'abc', 0);
    const got = s.recvBytes(b, 1 << 20, 0);
    assertEquals(got.byteLength, 3);
    assertEquals(got.buffer.byteLength, 3);
    assertEquals(got.byteOffset, 0);
    s.shutdown(a, s.SHUT_WR);
    assertEquals(s.recvBytes(b, 10, 0), new Uint8Array(0));
    assertEquals(s.recvInto(b, new Uint8Array(4)), 0);
  });
});

test('sizes: the limits, and what is not a size', () => {
  using(s.socketpair(), (a, b) => {
    const LIMIT = 16 << 20;
    for (const size of [0, -1, NaN, LIMIT + 1, 2 ** 31, 2 ** 32 + 5, 2 ** 53, Infinity, 'x']) {
      for (const read of ['recv', 'recvBytes', 'recvfrom']) {
        assertThrows(() => s[read](b, size, s.MSG_DONTWAIT), RangeError, 'size');
      }
    }
    s.send(a, 'ok', 0);
    assertEquals(s.recv(b, LIMIT, 0), 'ok');
    s.send(a, 'ok', 0);
    assertEquals(s.recvBytes(b, '2', 0).length, 2);
  });
});

test('a megabyte of every byte value, both sides non-blocking', () => {
  using(s.socketpair(), (a, b) => {
    s.setnonblocking(a);
    s.setnonblocking(b);
    const size = 1 << 20;
    const out = new Uint8Array(size);
    for (let i = 0; i < size; i += 256) out.set(ALL, i);
    const back = new Uint8Array(size);
    let sent = 0;
    let got = 0;
    const step = (fn) => {
      try {
        return fn();
      } catch (error) {
        assertEquals(error.code, 'EAGAIN');
        return 0;
      }
    };
    while (got < size) {
      if (sent < size) sent += step(() => s.send(a, out, sent, size - sent, 0));
      got += step(() => s.recvInto(b, back, got));
    }
    for (let i = 0; i < size; i += 1021) assertEquals(back[i], i & 255);
    assert(back.every((byte, i) => byte === (i & 255)));
  });
});
