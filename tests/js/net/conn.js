// Conn: reading, writing, half-close, closing.
import { Conn, Server } from 'wqjs:net';
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertRejects, assertThrows, test } from '../assert.js';
import { isPending, pair, readText, rejectsCode, sleep, text, withPair } from './_util.js';

test('bytes and text go both ways', () =>
  withPair(async (a, b) => {
    assertEquals(await a.write('hällo'), 6);
    assertEquals(text(await b.read()), 'hällo');
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    assertEquals(await b.write(all), 256);
    assertEquals(await a.read(), all);
  }));

test('read(n) gives at most n bytes, read(buffer) their number', () =>
  withPair(async (a, b) => {
    await a.write('abcdefgh');
    assertEquals(text(await b.read(3)), 'abc');
    const buffer = new Uint8Array(4).fill(46);
    assertEquals(await b.read(buffer.subarray(1, 3)), 2);
    assertEquals(text(buffer), '.de.');
    assertEquals(await b.read(new DataView(buffer.buffer, 0, 1)), 1);
    assertEquals(await b.read(buffer.buffer), 2);
    assertEquals(text(buffer), 'ghe.');
    await a.write('x');
    assertEquals(await b.read(1e9), new Uint8Array([120]));
    await a.end();
    assertEquals(await b.read(buffer), null);
    assertEquals(await b.read(5), null);
    assertEquals(await b.read(), null);
  }));

test('a read waits for data', () =>
  withPair(async (a, b) => {
    const reads = [b.read(), b.read(new Uint8Array(2)), b.read(100)];
    assert(await isPending(reads[0]));
    await a.write('one');
    assertEquals(text(await reads[0]), 'one');
    await a.write('twothree');
    assertEquals(await reads[1], 2);
    assertEquals(text(await reads[2]), 'othree');
  }));

test('a chunk is the reader\'s own', () =>
  withPair(async (a, b) => {
    await a.write('1111');
    const first = await b.read();
    assertEquals(first.buffer.byteLength, 4);
    await a.write('2222');
    await b.read();
    assertEquals(text(first), '1111');
  }));

test('iteration gives chunks until the end; leaving it leaves the connection open', () =>
  withPair(async (a, b) => {
    await a.write('one');
    for await (const chunk of b) {
      assertEquals(text(chunk), 'one');
      break;
    }
    await a.write('two');
    await a.end();
    assertEquals(await readText(b), 'two');
    assertEquals(await readText(b), '');
  }));

test('data that was sent before the end is all read', () =>
  withPair(async (a, b) => {
    await a.write('x'.repeat(100000));
    await a.end();
    assertEquals((await readText(b)).length, 100000);
  }));

test('end: the other direction stays open', () =>
  withPair(async (a, b) => {
    await a.end('question');
    assertEquals(await readText(b), 'question');
    await b.write('an');
    await b.end('swer');
    assertEquals(await readText(a), 'answer');
    await a.closed;
    await b.closed;
    assertEquals([a.fd, b.fd], [-1, -1]);
  }));

test('end twice is fine, writing after it is EPIPE', () =>
  withPair(async (a, b) => {
    const first = a.end();
    await first;
    await a.end();
    await a.closeWrite();
    await rejectsCode(a.write('x'), 'EPIPE', 'write');
    await rejectsCode(a.end('x'), 'EPIPE', 'write');
    assertEquals(await b.read(), null);
    // The end stays the end.
    assertEquals(await b.read(), null);
  }));

test('both ends done: the fd is given back without close()', async () => {
  const [a, b] = await pair();
  await Promise.all([a.end(), b.end()]);
  assertEquals([await a.read(), await b.read()], [null, null]);
  assertEquals([a.fd, b.fd], [-1, -1]);
  a.close();
  assertEquals(await a.read(), null);
  await rejectsCode(a.write('x'), 'EPIPE', 'write');
});

test('close: idempotent; what waits is ECANCELED, what comes later EBADF', async () => {
  const [a, b] = await pair();
  const { closed } = a;
  const pending = [a.read(), a.read(new Uint8Array(1)), a[Symbol.asyncIterator]().next()];
  assert(await isPending(closed, 1));
  a.close();
  a.close();
  for (const read of pending) await rejectsCode(read, 'ECANCELED', 'close');
  await closed;
  await a.closed;
  for (const late of [a.read(), a.write('x'), a.end(), a.end('x'), a.closeWrite(), a[Symbol.asyncIterator]().next()]) {
    await rejectsCode(late, 'EBADF');
  }
  for (const option of [() => a.setNoDelay(), () => a.setKeepAlive()]) {
    assertEquals(assertThrows(option, InternalError).code, 'EBADF');
  }
  a.setTimeout(5).ref().unref();
  assertEquals(await b.read(), null);
  b.close();
});

test('close while a write waits', async () => {
  const [a, b] = await pair();
  const write = a.write(new Uint8Array(64 << 20));
  const end = a.end();
  assert(await isPending(write));
  a.close();
  await rejectsCode(write, 'ECANCELED');
  await rejectsCode(end, 'ECANCELED');
  b.close();
});

test('what close() cancels needs no handler', async () => {
  const [a, b] = await pair();
  a.read();
  b.write(new Uint8Array(64 << 20));
  b.end();
  await sleep(5);
  a.close();
  b.close();
  await sleep(5);
});

test('the peer resets the connection', async () => {
  const [a, b] = await pair();
  s.setsockopt(b.fd, s.SOL_SOCKET, s.SO_LINGER, 0);
  const read = a.read();
  await sleep(1);
  b.close();
  const error = await rejectsCode(read, 'ECONNRESET', 'recv', { address: '127.0.0.1' });
  // It stays so, and the fd is free.
  assert((await assertRejects(a.read())) === error);
  assert((await assertRejects(a.write('x'))) === error);
  assertEquals(a.fd, -1);
  await a.closed;
  a.close();
});

test('a reset is no end, also when a write is told of it first', async () => {
  const [a, b] = await pair();
  s.setsockopt(b.fd, s.SOL_SOCKET, s.SO_LINGER, 0);
  b.close();
  await sleep(20);
  const errors = [];
  for (let i = 0; i < 5 && errors.length === 0; i++) {
    try {
      await a.write('x');
    } catch (error) {
      errors.push(error.code);
    }
  }
  assert(['ECONNRESET', 'EPIPE'].includes(errors[0]), errors[0]);
  if (errors[0] === 'ECONNRESET') await rejectsCode(a.read(), 'ECONNRESET');
  a.close();
});

test('what came can be read after writing failed', async () => {
  const [a, b] = await pair();
  await b.write('early answer');
  await b.end();
  await a.write('x'); // unread by b
  assertEquals(text(await a.read()), 'early answer');
  a.close();
  b.close();
});

test('wrong arguments reject; nothing is thrown at once', () =>
  withPair(async (a) => {
    for (const bad of [0, -1, NaN, -Infinity, new Uint8Array(0), new ArrayBuffer(0)]) await assertRejects(a.read(bad), RangeError);
    for (const bad of ['5', null, {}, [], true, 5n, Symbol()]) await assertRejects(a.read(bad), TypeError);
    for (const bad of [undefined, null, 5, {}, [], [1], true, Symbol()]) {
      await assertRejects(a.write(bad), TypeError);
      if (bad !== undefined) await assertRejects(a.end(bad), TypeError);
    }
    // end() with wrong data ended nothing.
    assertEquals(await a.write('still open'), 10);
    assertEquals(await a.write(''), 0);
    assertEquals(await a.write(new Uint8Array(0)), 0);
  }));

test('writes of every kind of buffer, in order', () =>
  withPair(async (a, b) => {
    const bytes = new Uint8Array([65, 66, 67, 68, 69, 70, 71, 72]);
    await Promise.all([
      a.write('<'), a.write(bytes), a.write(bytes.buffer), a.write(bytes.subarray(2, 4)), a.write(new DataView(bytes.buffer, 7)),
      a.write(new Uint16Array(bytes.buffer, 2, 1)), a.write(new BigUint64Array(bytes.buffer)), a.write('€'), a.end('>'),
    ]);
    assertEquals(await readText(b), '<ABCDEFGHABCDEFGHCDHCDABCDEFGH€>');
  }));

test('a buffer that is detached while a read waits', () =>
  withPair(async (a, b) => {
    const buffer = new Uint8Array(8);
    const read = b.read(buffer);
    await sleep(1);
    buffer.buffer.transfer();
    await a.write('data');
    await assertRejects(read, TypeError);
    // Nothing is lost.
    assertEquals(text(await b.read()), 'data');
  }));

test('a buffer that shrinks while a read or a write waits', () =>
  withPair(async (a, b) => {
    const store = new ArrayBuffer(8, { maxByteLength: 8 });
    const read = b.read(new Uint8Array(store));
    await sleep(1);
    store.resize(0);
    await a.write('data');
    await assertRejects(read, TypeError);
    assertEquals(text(await b.read()), 'data');
    const big = new ArrayBuffer(14 << 20, { maxByteLength: 14 << 20 });
    const write = a.write(new Uint8Array(big));
    const next = a.write('next');
    assert(await isPending(write));
    big.resize(10);
    const drain = readText(b).catch(() => {});
    // What was sent is only a part: nothing may follow it.
    await assertRejects(write);
    await assertRejects(next);
    await assertRejects(a.write('more'));
    a.close();
    await drain;
  }));

test('addresses', () =>
  withPair(async (a, b) => {
    assertEquals(a.remoteAddr, b.localAddr);
    assertEquals(b.remoteAddr, a.localAddr);
    assertEquals(Object.keys(a.localAddr), ['address', 'port', 'family']);
    assertEquals(a.localAddr.family, 'IPv4');
    a.remoteAddr.port = 1; // a copy
    assertEquals(a.remoteAddr.port, b.localAddr.port);
    const { localAddr, remoteAddr } = a;
    a.close();
    assertEquals([a.localAddr, a.remoteAddr], [localAddr, remoteAddr]);
    b.close();
  }));

test('options', () =>
  withPair(async (a, b) => {
    const get = (conn, level, option) => s.getsockopt(conn.fd, level, option);
    assertEquals(get(a, s.IPPROTO_TCP, s.TCP_NODELAY), 1);
    assertEquals(get(b, s.IPPROTO_TCP, s.TCP_NODELAY), 1);
    assert(a.setNoDelay(false) === a);
    assertEquals(get(a, s.IPPROTO_TCP, s.TCP_NODELAY), 0);
    a.setNoDelay();
    assertEquals(get(a, s.IPPROTO_TCP, s.TCP_NODELAY), 1);
    a.setKeepAlive(true, { idle: 61500, interval: 1, count: 4 });
    assertEquals(get(a, s.SOL_SOCKET, s.SO_KEEPALIVE), 1);
    assertEquals(get(a, s.IPPROTO_TCP, s.TCP_KEEPIDLE), 62);
    assertEquals(get(a, s.IPPROTO_TCP, s.TCP_KEEPINTVL), 1);
    assertEquals(get(a, s.IPPROTO_TCP, s.TCP_KEEPCNT), 4);
    a.setKeepAlive(false);
    assertEquals(get(a, s.SOL_SOCKET, s.SO_KEEPALIVE), 0);
    assertThrows(() => a.setKeepAlive(true, { idle: -1 }), RangeError, 'idle');
    assertThrows(() => a.setTimeout('x'), RangeError);
    assertThrows(() => a.setTimeout(-1), RangeError);
  }));

test('setTimeout: nothing moves, so it ends', async () => {
  const [a, b] = await pair();
  a.setTimeout(40);
  await sleep(60); // an idle connection on which nobody waits is fine
  const start = performance.now();
  const error = await rejectsCode(a.read(), 'ETIMEDOUT', 'read');
  assert(performance.now() - start >= 35);
  assert(error.message.includes('40 ms'), error.message);
  assertEquals(a.fd, -1);
  assertEquals(await b.read(), null);
  b.close();
});

test('setTimeout: what moves keeps it alive, in either direction', () =>
  withPair(async (a, b) => {
    a.setTimeout(80);
    const read = a.read();
    for (let i = 0; i < 6; i++) {
      await sleep(30);
      await a.write('x');
    }
    await b.write('done');
    assertEquals(text(await read), 'done');
    a.setTimeout(0);
    assert(await isPending(a.read(), 120));
    await b.end();
  }));

test('setTimeout: a write that nobody takes', async () => {
  const [a, b] = await pair();
  a.setTimeout(40);
  await rejectsCode(a.write(new Uint8Array(64 << 20)), 'ETIMEDOUT', 'write');
  b.close();
});

test('using and await using close', async () => {
  const [a, b] = await pair();
  {
    using closing = a;
    assert(closing.fd >= 0);
  }
  assertEquals(a.fd, -1);
  {
    await using closing = b;
    assert(closing.fd >= 0);
  }
  assertEquals(b.fd, -1);
});

test('allowHalfOpen: false ends the own side at the peer\'s end', async () => {
  const [a, b] = await pair({ allowHalfOpen: false });
  await a.end('x');
  assertEquals(await readText(b), 'x');
  assertEquals(b.fd, -1);
  assertEquals(await a.read(), null);
  a.close();
});

test('allowHalfOpen: false still sends what was written', async () => {
  const [a, b] = await pair({ allowHalfOpen: false });
  const size = 8 << 20;
  const write = b.write(new Uint8Array(size));
  await a.end();
  assertEquals(await b.read(), null);
  let got = 0;
  for await (const chunk of a) got += chunk.length;
  assertEquals(got, size);
  await write;
  await b.closed;
  a.close();
});

test('classes are not constructed by scripts', () => {
  for (const Class of [Conn, Server]) {
    assertThrows(() => new Class(), TypeError);
    assertThrows(() => new Class({}, 1000, {}), TypeError);
  }
  assertThrows(() => Conn.prototype.fd, TypeError);
});

test('what it is', () =>
  withPair(async (a) => {
    assert(a instanceof Conn);
    assertEquals(Object.prototype.toString.call(a), '[object Conn]');
    assert((await import('wqjs:net')).default.Conn === Conn);
  }));

test('a read loop that is always served lets others run', async () => {
  const [a, b, close] = await pair();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  let done = false;
  const flood = (async () => {
    const piece = new Uint8Array(1024);
    while (!done) await a.write(piece);
  })();
  const start = performance.now();
  while (performance.now() - start < 200) await b.read(512);
  done = true;
  clearInterval(timer);
  close();
  await flood.catch(() => {});
  assert(ticks >= 5, `${ticks} ticks`);
});
