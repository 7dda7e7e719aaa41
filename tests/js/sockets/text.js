// recv decodes UTF-8, and a character cut by a boundary is not damaged.
import * as s from 'wqjs:sockets';
import { assert, assertEquals, test } from '../assert.js';
import { throwsCode, using } from './_util.js';

const encoder = new TextEncoder();

// What recv gives until the end of the stream, when bytes arrive in these pieces.
function received(pieces, size = 64) {
  return using(s.socketpair(), (a, b) => {
    let text = '';
    for (const piece of pieces) {
      s.send(a, piece, 0);
      // Not blocking: a piece that is no whole character gives nothing.
      try {
        text += s.recv(b, size, s.MSG_DONTWAIT);
      } catch (error) {
        assertEquals(error.code, 'EAGAIN');
      }
    }
    s.shutdown(a, s.SHUT_WR);
    for (let part = s.recv(b, size, 0); part !== ''; part = s.recv(b, size, 0)) text += part;
    return text;
  });
}

const TEXTS = ['a', 'é', '€', '😀', 'aé€😀z', '\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}', 'ÿþ', '한국어 日本語'];

test('byte by byte', () => {
  for (const text of TEXTS) {
    assertEquals(received(Array.from(encoder.encode(text), (byte) => new Uint8Array([byte]))), text);
  }
});

test('every split point', () => {
  for (const text of TEXTS) {
    const bytes = encoder.encode(text);
    for (let i = 1; i < bytes.length; i++) {
      assertEquals(received([bytes.subarray(0, i), bytes.subarray(i)]), text, `split at ${i}`);
      for (let k = i + 1; k < bytes.length; k++) {
        assertEquals(received([bytes.subarray(0, i), bytes.subarray(i, k), bytes.subarray(k)]), text, `split at ${i}, ${k}`);
      }
    }
  }
});

test('every size of the buffer', () => {
  const text = TEXTS.join('|');
  const bytes = encoder.encode(text);
  for (let size = 1; size <= 9; size++) assertEquals(received([bytes], size), text, `size ${size}`);
});

test('a blocking recv waits for the whole character and never gives "" before the end', () => {
  using(s.socketpair(), (a, b) => {
    s.send(a, new Uint8Array([0xf0]), 0);
    s.send(a, new Uint8Array([0x9f]), 0);
    s.send(a, new Uint8Array([0x98, 0x80]), 0);
    assertEquals(s.recv(b, 1, 0), '😀');
  });
});

test('bad bytes become U+FFFD as TextDecoder has it', () => {
  const decoder = new TextDecoder();
  const CASES = [
    [0xff], [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80],
    [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98],
    [0xc3, 0x41], [0xe2, 0x82, 0x41], [0xf0, 0x9f, 0x98, 0x41], [0x41, 0xfe, 0x42], [0xe2, 0xe2, 0x82, 0xac],
  ];
  for (const bytes of CASES) {
    const all = new Uint8Array(bytes);
    const expected = decoder.decode(all);
    assertEquals(received([all]), expected, `bytes ${bytes}`);
    assertEquals(received(bytes.map((byte) => new Uint8Array([byte]))), expected, `bytes ${bytes}, one by one`);
  }
});

test('a byte order mark is text', () => {
  assertEquals(received([new Uint8Array([0xef, 0xbb, 0xbf, 0x41])]), '\ufeffA');
});

test('the tail that waits belongs to its fd', () => {
  using([...s.socketpair(), ...s.socketpair()], (a, b, c, d) => {
    s.send(a, new Uint8Array([0xe2, 0x82]), 0);
    throwsCode(() => s.recv(b, 10, s.MSG_DONTWAIT), 'EAGAIN', 'recv');
    s.send(c, 'x', 0);
    assertEquals(s.recv(d, 10, 0), 'x');
    s.send(a, new Uint8Array([0xac]), 0);
    assertEquals(s.recv(b, 10, 0), '€');
  });
});

test('the tail goes with its fd: a new socket of that number starts clean', () => {
  const [a, b] = s.socketpair();
  s.send(a, new Uint8Array([0xe2, 0x82]), 0);
  throwsCode(() => s.recv(b, 10, s.MSG_DONTWAIT), 'EAGAIN', 'recv');
  s.close(b);
  s.close(a);
  using(s.socketpair(), (c, d) => {
    assert([c, d].includes(b));
    for (const [from, to] of [[c, d], [d, c]]) {
      s.send(from, 'ok', 0);
      assertEquals(s.recv(to, 10, 0), 'ok');
    }
  });
});

test('bytes of a cut character are not lost when the rest is read as bytes', () => {
  for (const read of [
    (fd) => s.recvBytes(fd, 10, 0),
    (fd) => {
      const buffer = new Uint8Array(10);
      return buffer.slice(0, s.recvInto(fd, buffer));
    },
  ]) {
    using(s.socketpair(), (a, b) => {
      s.send(a, new Uint8Array([0x41, 0xe2, 0x82]), 0);
      assertEquals(s.recv(b, 10, 0), 'A');
      s.send(a, new Uint8Array([0xac, 0x42]), 0);
      const got = [];
      while (got.length < 4) got.push(...read(b));
      assertEquals(got, [0xe2, 0x82, 0xac, 0x42]);
    });
  }
});

test('peeking at text does not eat it', () => {
  using(s.socketpair(), (a, b) => {
    s.send(a, 'né', 0);
    assertEquals(s.recv(b, 2, s.MSG_PEEK), 'n');
    assertEquals(s.recv(b, 3, s.MSG_PEEK), 'né');
    assertEquals(s.recv(b, 3, 0), 'né');
  });
});

test('send encodes UTF-8 and replaces lone surrogates', () => {
  using(s.socketpair(), (a, b) => {
    assertEquals(s.send(a, '€', 0), 3);
    assertEquals(s.recvBytes(b, 10), new Uint8Array([0xe2, 0x82, 0xac]));
    s.send(a, 'a\ud800b\udc00', 0);
    assertEquals(s.recvBytes(b, 10), new Uint8Array([0x61, 0xef, 0xbf, 0xbd, 0x62, 0xef, 0xbf, 0xbd]));
    assertEquals(s.send(a, 12.5, 0), 4);
    assertEquals(s.recv(b, 10), '12.5');
  });
});

test('a string with NUL bytes is not cut', () => {
  assertEquals(received(['a\0b\0']), 'a\0b\0');
});
