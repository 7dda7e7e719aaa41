// Each limit, tripped.
import { test, assert, assertEquals, assertThrows } from '../assert.js';
import { createServer } from 'wqjs:http';
import { bodyOf, CLOSE, dial, drain, gate, GET, serving, sleep, statusOf, talk, until } from './_util.js';

const ok = (req, res) => res.end('ok');

test('maxHeaderSize, maxHeadersCount, maxUrlSize', () =>
  serving({ maxHeaderSize: 1024, maxHeadersCount: 3, maxUrlSize: 20 }, ok, async (server) => {
    assertEquals(statusOf(await talk(server, `${GET}A: ${'b'.repeat(1024)}\r\n${CLOSE}`)), 431);
    assertEquals(statusOf(await talk(server, `${GET}A: ${'b'.repeat(2000)}`)), 431, 'without an end');
    assertEquals(statusOf(await talk(server, `${GET}A: 1\r\nB: 1\r\nC: 1\r\n\r\n`)), 431);
    assertEquals(statusOf(await talk(server, `${GET}A: 1\r\n${CLOSE}`)), 200);
    assertEquals(statusOf(await talk(server, `GET /${'a'.repeat(20)} HTTP/1.1\r\nHost: x\r\n\r\n`)), 414);
    assertEquals(statusOf(await talk(server, `GET /${'a'.repeat(200)}`)), 414, 'without an end');
    assertEquals(statusOf(await talk(server, `GET /${'a'.repeat(19)} HTTP/1.1\r\nHost: x\r\n${CLOSE}`)), 200);
  }));

test('maxBodySize: by Content-Length, by chunks, and of what one read may take', () =>
  serving({ maxBodySize: 10 }, async (req, res) => {
    const { status = 0 } = await req.text({ limit: req.path === '/5' ? 5 : undefined }).then(() => ({}), (error) => error);
    if (res.headersSent || res.destroyed) return;
    res.end(`read ${status}`);
  }, async (server) => {
    const post = (rest, path = '/') => `POST ${path} HTTP/1.1\r\nHost: x\r\n${rest}`;
    assertEquals(statusOf(await talk(server, post('Content-Length: 11\r\n\r\n'))), 413);
    assertEquals(statusOf(await talk(server, post('Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n3\r\n'))), 413);
    assertEquals(bodyOf(await talk(server, post(`Content-Length: 10\r\n${CLOSE}1234567890`))), 'read 0');
    assertEquals(bodyOf(await talk(server, post(`Content-Length: 6\r\n${CLOSE}123456`, '/5'))), 'read 413');
  }));

test('headersTimeout: a silent peer is dropped, a slow one gets 408', () =>
  serving({ headersTimeout: 60 }, ok, async (server) => {
    assertEquals(await talk(server, ''), '');
    const conn = await dial(server);
    const answer = drain(conn);
    const dripping = (async () => {
      for (const c of GET + 'A: bcdefghijklmnopqrstuvwxyz'.repeat(20)) {
        await conn.write(c);
        await sleep(5);
      }
    })().catch(() => {});
    assertEquals(statusOf(await answer), 408);
    await dripping;
  }));

test('bodyTimeout: 408 when the rest of an awaited body does not come', () =>
  serving({ bodyTimeout: 50 }, async (req, res) => {
    await req.text().catch(() => {});
  }, async (server) => {
    assertEquals(statusOf(await talk(server, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc')), 408);
  }));

test('requestTimeout: 408 though bytes come', () =>
  serving({ bodyTimeout: 200, requestTimeout: 80 }, async (req, res) => {
    await req.text().catch(() => {});
  }, async (server) => {
    const conn = await dial(server);
    const answer = drain(conn);
    await conn.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
    const dripping = (async () => {
      for (;;) {
        await conn.write('x');
        await sleep(5);
      }
    })().catch(() => {});
    assertEquals(statusOf(await answer), 408);
    await dripping;
  }));

test('keepAliveTimeout', () =>
  serving({ keepAliveTimeout: 50 }, ok, async (server) => {
    assertEquals(bodyOf(await talk(server, `${GET}\r\n`)), 'ok');
  }));

test('sendTimeout: a peer that does not read is dropped, and memory does not grow', () =>
  serving({ sendTimeout: 80 }, async (req, res) => {
    const chunk = new Uint8Array(64 * 1024);
    let most = 0;
    while (!res.destroyed) {
      await res.write(chunk);
      most = Math.max(most, res.writableLength);
    }
    done.resolve(most);
  }, async (server) => {
    const conn = await dial(server);
    await conn.write(`${GET}${CLOSE}`);
    const most = await done.promise;
    assert(most < 1 << 20, `${most} bytes were queued`);
    conn.close();
  }));
const done = gate();

test('an unread body stops the peer', () =>
  serving({}, async (req, res) => {
    await started.promise;
    let n = 0;
    for await (const chunk of req) n += chunk.length;
    res.end(String(n));
  }, async (server) => {
    const size = 12 << 20;
    const conn = await dial(server);
    await conn.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n${CLOSE}`);
    let sent = false;
    const sending = conn.write(new Uint8Array(size)).then(() => (sent = true));
    await sleep(30);
    assertEquals(sent, false);
    started.resolve();
    assertEquals(bodyOf(await drain(conn)), String(size));
    await sending;
  }));
const started = gate();

test('maxRequestsPerConnection: the last answer says so', () =>
  serving({ maxRequestsPerConnection: 2 }, ok, async (server) => {
    const answers = (await talk(server, `${GET}\r\n${GET}\r\n${GET}\r\n`)).split('HTTP/1.1 200 OK').slice(1);
    assertEquals(answers.map((a) => a.includes('Connection: close')), [false, true]);
  }));

test('maxConnections: an idle connection makes room, else a new one waits', () =>
  serving({ maxConnections: 2 }, async (req, res) => {
    if (req.path === '/wait') await release.promise;
    res.end(req.path);
  }, async (server) => {
    const get = (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const idle = await dial(server);
    await idle.write(get('/idle'));
    await idle.read();
    const busy = await dial(server);
    await busy.write(get('/wait'));
    await until(() => server.connections === 2);
    const third = await dial(server);
    await third.write(get('/third').replace('\r\n\r\n', `\r\n${CLOSE}`));
    assertEquals(bodyOf(await drain(third)), '/third');
    assertEquals(await drain(idle), '', 'the idle one was closed');
    const a = await dial(server);
    await a.write(get('/wait'));
    const b = await dial(server);
    await b.write(get('/b').replace('\r\n\r\n', `\r\n${CLOSE}`));
    await sleep(20);
    assert(server.connections <= 2, 'at most two are open');
    release.resolve();
    assertEquals(bodyOf(await drain(b)), '/b');
    a.close();
    busy.close();
  }));
const release = gate();

test('pipelined requests wait in a buffer of fixed size', () =>
  serving({}, async (req, res) => {
    await sleep(0);
    res.end('.');
  }, async (server) => {
    const conn = await dial(server);
    const sending = conn.write(`${GET}\r\n`.repeat(900) + GET + CLOSE);
    const answer = await drain(conn);
    await sending;
    assertEquals(answer.match(/HTTP\/1\.1 200/g).length, 901);
  }));

test('wrong limits are refused', () => {
  for (const options of [{ maxHeaderSize: 0 }, { maxHeaderSize: '1' }, { maxConnections: NaN }, { keepAliveTimeout: -1 }, { maxUrlSize: 1 << 20 }]) {
    assertThrows(() => createServer(options), RangeError);
  }
  assertThrows(() => createServer(null), TypeError);
  assertThrows(() => createServer({}, 5), TypeError);
});
