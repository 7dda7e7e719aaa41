// Writes wait for slow readers, in order and within limits; nothing is read ahead.
import { connect, pipe } from 'wqjs:net';
import { assert, assertEquals, test } from '../assert.js';
import { isPending, pair, sleep, withPair, withServer } from './_util.js';

// A byte sequence of period 251, from a position on.
const base = Uint8Array.from({ length: 251 + (1 << 18) }, (_, i) => i % 251);

function sequence(from, size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 251 << 10) {
    const start = (from + at) % 251;
    bytes.set(base.subarray(start, start + Math.min(251 << 10, size - at)), at);
  }
  return bytes;
}

// Compares words, as there are many.
function same(a, b) {
  const words = a.length >> 2;
  const x = new Uint32Array(a.buffer, 0, words);
  const y = new Uint32Array(b.buffer, 0, words);
  for (let i = 0; i < words; i++) if (x[i] !== y[i]) return false;
  for (let i = words * 4; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

async function checkSequence(conn, total, pause = () => {}, from = 0) {
  let at = from;
  for await (const chunk of conn) {
    assert(same(chunk, sequence(at, chunk.length)), `wrong bytes in the ${chunk.length} after ${at}`);
    at += chunk.length;
    await pause(at);
  }
  assertEquals(at - from, total);
}

test('a write larger than all buffers waits for its reader', () =>
  withPair(async (a, b) => {
    const size = 6 << 20;
    const write = a.write(sequence(0, size));
    assert(await isPending(write, 50));
    const end = a.end();
    await checkSequence(b, size);
    assertEquals(await write, size);
    await end;
  }));

test('a slow reader gets all, in order, of many writes that were not awaited', () =>
  withPair(async (a, b) => {
    const piece = 100_000;
    const writes = [];
    for (let i = 0; i < 60; i++) writes.push(a.write(sequence(i * piece, piece)));
    writes.push(a.end());
    let pauses = 0;
    await checkSequence(b, 60 * piece, () => (pauses++ < 20 ? sleep(2) : undefined));
    const sizes = await Promise.all(writes);
    assertEquals(sizes.slice(0, 60), new Array(60).fill(piece));
  }));

test('writes settle in order', () =>
  withPair(async (a, b) => {
    const order = [];
    const writes = [3 << 20, 10, 1 << 20, 0, 5].map((size, i) => a.write(new Uint8Array(size)).then(() => order.push(i)));
    const end = a.end().then(() => order.push('end'));
    for await (const chunk of b) assert(chunk.length > 0);
    await Promise.all([...writes, end]);
    assertEquals(order, [0, 1, 2, 3, 4, 'end']);
  }));

test('the queue has a limit: more is refused, and what was accepted still goes out', () =>
  withPair(async (a, b) => {
    const piece = new Uint8Array(1 << 20);
    const settled = Promise.allSettled(Array.from({ length: 64 }, () => a.write(piece)));
    const end = a.end();
    let got = 0;
    for await (const chunk of b) got += chunk.length;
    await end;
    const refused = (await settled).filter((r) => r.status === 'rejected');
    assert(refused.length > 0, 'no limit was reached');
    for (const { reason } of refused) assertEquals(reason.code, 'ENOBUFS');
    assertEquals(got, (64 - refused.length) * piece.length);
  }));

test('small writes that nobody awaits are limited, too', async () => {
  const [a, b, close] = await pair();
  const filler = a.write(new Uint8Array(32 << 20)).catch(() => {});
  await sleep(5);
  let refused = 0;
  const writes = [];
  for (let i = 0; i < 200_000 && refused === 0; i++) {
    writes.push(a.write('x').catch((error) => { if (error.code === 'ENOBUFS') refused++; }));
    if (i % 1000 === 0) await null;
  }
  assert(refused > 0, 'no limit was reached');
  close();
  await Promise.all([filler, ...writes]);
});

test('a connection that is not read makes its peer wait', async () => {
  const [a, b, close] = await pair();
  let sent = 0;
  const piece = new Uint8Array(1 << 16);
  let write;
  for (;;) {
    write = a.write(piece);
    if (await isPending(write, 20)) break;
    sent += piece.length;
    assert(sent < 256 << 20, 'somebody buffers without limit');
  }
  // Reading lets it go on.
  const reader = (async () => { for await (const chunk of b) assert(chunk.length > 0); })();
  await write;
  await a.end();
  await reader;
  close();
});

test('pipe: a proxy of echoes, at the pace of the slower side', () =>
  withServer((echo, echoPort) =>
    withServer(async (proxy, proxyPort) => {
      const running = [];
      (async () => {
        for await (const conn of echo) running.push(pipe(conn, conn));
      })();
      (async () => {
        for await (const conn of proxy) {
          const up = await connect({ host: '127.0.0.1', port: echoPort });
          running.push(pipe(conn, up), pipe(up, conn));
        }
      })();
      const size = 2 << 20;
      await Promise.all(Array.from({ length: 5 }, async () => {
        const conn = await connect({ host: '127.0.0.1', port: proxyPort });
        const write = conn.write(sequence(0, size)).then(() => conn.end());
        await checkSequence(conn, size, (at) => (at < 200_000 ? sleep(1) : undefined));
        await write;
      }));
      const totals = await Promise.all(running);
      assertEquals(totals, new Array(15).fill(size));
    })));

test('both directions at once', () =>
  withPair(async (a, b) => {
    const size = 4 << 20;
    const send = async (conn) => {
      for (let at = 0; at < size; at += 1 << 16) await conn.write(sequence(at, 1 << 16));
      await conn.end();
    };
    await Promise.all([send(a), send(b), checkSequence(a, size), checkSequence(b, size)]);
  }));

test('echo through many connections, each with bytes of its own', () =>
  withServer(async (server, port) => {
    (async () => {
      for await (const conn of server) pipe(conn, conn);
    })();
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const conn = await connect({ host: '127.0.0.1', port });
      const size = 1000 + i * 137;
      conn.write(sequence(i, size));
      conn.end();
      await checkSequence(conn, size, undefined, i);
    }));
  }));
