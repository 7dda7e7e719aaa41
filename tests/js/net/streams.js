// conn.readable and conn.writable.
import { assert, assertEquals, test } from '../assert.js';
import { isPending, readText, rejectsCode, text, withPair } from './_util.js';

test('the same objects each time', () =>
  withPair(async (a) => {
    assert(a.readable === a.readable);
    assert(a.writable === a.writable);
  }));

test('readable is iterated until the end', () =>
  withPair(async (a, b) => {
    a.write('one');
    a.write('two');
    a.end();
    let all = '';
    for await (const chunk of b.readable) all += text(chunk);
    assertEquals(all, 'onetwo');
  }));

test('leaving the loop cancels: the other direction stays', () =>
  withPair(async (a, b) => {
    await a.write('one');
    for await (const chunk of b.readable) {
      assertEquals(text(chunk), 'one');
      break;
    }
    assertEquals(await b.read(), null);
    await b.end('still');
    assertEquals(await readText(a), 'still');
    await b.closed;
  }));

test('preventCancel', () =>
  withPair(async (a, b) => {
    await a.write('one');
    for await (const chunk of b.readable.values({ preventCancel: true })) {
      assertEquals(text(chunk), 'one');
      break;
    }
    await a.write('two');
    assertEquals(text(await b.read()), 'two');
  }));

test('cancel ends reads that wait', () =>
  withPair(async (a, b) => {
    const reads = [b.read(), b.read(new Uint8Array(4)), b[Symbol.asyncIterator]().next()];
    assert(await isPending(reads[0]));
    await b.readable.cancel();
    assertEquals(await Promise.all(reads), [null, null, { value: undefined, done: true }]);
    await b.readable.cancel();
  }));

test('a reader and a writer', () =>
  withPair(async (a, b) => {
    const writer = a.writable.getWriter();
    const reader = b.readable.getReader();
    await writer.ready;
    assertEquals(await writer.write(new Uint8Array([104, 105])), undefined);
    const { value, done } = await reader.read();
    assertEquals([text(value), done], ['hi', false]);
    await writer.close();
    assertEquals(await reader.read(), { value: undefined, done: true });
    writer.releaseLock();
    reader.releaseLock();
  }));

test('writer.ready waits for room', () =>
  withPair(async (a, b) => {
    const writer = a.writable.getWriter();
    const write = writer.write(new Uint8Array(8 << 20));
    assert(await isPending(writer.ready));
    const drained = (async () => {
      let n = 0;
      for await (const chunk of b.readable) n += chunk.length;
      return n;
    })();
    await writer.ready;
    await write;
    await writer.close();
    assertEquals(await drained, 8 << 20);
  }));

test('abort closes the connection', () =>
  withPair(async (a, b) => {
    await a.writable.abort();
    await rejectsCode(a.write('x'), 'EBADF');
    assertEquals(await b.read(), null);
    await b.writable.close();
  }));
