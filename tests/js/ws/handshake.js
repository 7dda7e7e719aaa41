import { listen } from 'wqjs:net';
import { createServer } from 'wqjs:http';
import { upgrade, WebSocket, WebSocketServer } from 'wqjs:ws';
import { assert, assertEquals, assertThrows, test } from '../assert.js';
import { client, echo, Peer, serving } from './_util.js';

test('the sample of RFC 6455, section 1.3', async () => {
  await serving({}, echo, async ({ port }) => {
    const peer = await Peer.open(port);
    assertEquals(peer.status, 101);
    assert(peer.head.includes('\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='), peer.head);
    peer.conn.close();
  });
});

test('requests that are refused', async () => {
  const options = { path: '/', protocols: ['chat'], maxClients: 1, verify: (req) => (req.query.code ? Number(req.query.code) : req.query.no === undefined) };
  await serving(options, echo, async ({ port }) => {
    for (const [status, headers, line] of [
      [405, {}, 'POST / HTTP/1.1'],
      [404, {}, 'GET /other HTTP/1.1'],
      [400, { 'Sec-WebSocket-Key': null }],
      [400, { 'Sec-WebSocket-Key': 'AAAA' }],
      [400, { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=' }],
      [426, { 'Sec-WebSocket-Version': '8' }],
      [426, { 'Sec-WebSocket-Version': null }],
      [426, { Upgrade: 'h2c' }],
      [403, { Origin: 'http://evil.example' }],
      [403, {}, 'GET /?no=1 HTTP/1.1'],
      [429, {}, 'GET /?code=429 HTTP/1.1'],
    ]) {
      const peer = await Peer.open(port, headers, line);
      assertEquals(peer.status, status, `${line} ${JSON.stringify(headers)}`);
      assertEquals(await peer.more(), false);
      if (status === 426 && headers.Upgrade === undefined) assert(peer.head.includes('Sec-WebSocket-Version: 13'));
      peer.conn.close();
    }
    const one = await Peer.open(port, { Origin: 'http://x', 'Sec-WebSocket-Protocol': 'superchat, chat' });
    assertEquals(one.status, 101);
    assert(one.head.includes('Sec-WebSocket-Protocol: chat'), one.head);
    const two = await Peer.open(port);
    assertEquals(two.status, 503);
    one.conn.close();
    two.conn.close();
  });
});

test('origins: *, a list, a function', async () => {
  for (const [origins, allowed] of [['*', true], [['http://a.example'], true], [['http://b.example'], false], [(o) => o === 'http://a.example', true], [() => false, false]]) {
    await serving({ origins }, echo, async ({ port }) => {
      const peer = await Peer.open(port, { Origin: 'http://a.example' });
      assertEquals(peer.status, allowed ? 101 : 403);
      peer.conn.close();
    });
  }
});

test('a verify that does not end, and one that throws', async () => {
  await serving({ verify: () => new Promise(() => {}), handshakeTimeout: 20 }, echo, async ({ port }) => {
    const peer = await Peer.open(port);
    assertEquals(peer.status, 503);
    peer.conn.close();
  });
  const errors = [];
  await serving({ verify: () => { throw new Error('mine'); } }, echo, async ({ port, wss }) => {
    wss.on('error', (error) => errors.push(error.message));
    const peer = await Peer.open(port);
    assertEquals(peer.status, 500);
    peer.conn.close();
  });
  assertEquals(errors, ['mine']);
});

test('two paths on one server; upgrade()', async () => {
  await serving({ path: '/a' }, (ws) => ws.send('a'), async ({ port, server }) => {
    const other = new WebSocketServer({ server, path: '/b', closeTimeout: 100 });
    other.on('connection', (ws, req) => ws.send(`b ${req.url}`));
    for (const [path, text] of [['/a', 'a'], ['/b', 'b /b']]) {
      const ws = client(WebSocket, `ws://127.0.0.1:${port}${path}`);
      assertEquals(await ws.next(), text);
      ws.close();
      await ws.ended;
    }
    assertEquals([other.matches({ path: '/b' }), other.matches({ path: '/a' })], [true, false]);
    await other.close();
    assertEquals(other.matches({ path: '/b' }), false);
  });
  const server = createServer();
  server.on('upgrade', async (req, conn, head) => (await upgrade(req, conn, head))?.send('hi'));
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const ws = client(WebSocket, `http://127.0.0.1:${server.address().port}/`);
  assertEquals(await ws.next(), 'hi');
  ws.close();
  await ws.ended;
  await server.close();
});

test('options are checked', () => {
  assertThrows(() => new WebSocketServer({ maxPayload: -1 }), RangeError, 'maxPayload');
  assertThrows(() => new WebSocketServer({ overflow: 'drop' }), TypeError, 'overflow');
  assertThrows(() => new WebSocketServer({ origins: 'http://a' }), TypeError, 'origins');
  assertThrows(() => new WebSocketServer({ protocols: 'a' }), TypeError, 'protocols');
  assertThrows(() => new WebSocketServer({ verify: 1 }), TypeError, 'verify');
  assertThrows(() => new WebSocketServer({ path: 1 }), TypeError, 'path');
  assertThrows(() => new WebSocketServer({ maxClients: 0 }), RangeError, 'maxClients');
});

// A server that answers as the test says; KEY stands for the right answer.
async function answering(text, run) {
  const server = listen({ host: '127.0.0.1' });
  const serve = (async () => {
    for await (const conn of server) {
      await conn.read();
      await conn.write(text);
      if (!text.includes('101')) await conn.end();
      conn.read().catch(() => {}).finally(() => conn.close());
    }
  })();
  try {
    await run(`ws://127.0.0.1:${server.addr.port}/`);
  } finally {
    server.close();
    await serve;
  }
}

const UPGRADED = 'HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';

test('answers that a client refuses', async () => {
  for (const [answer, message] of [
    ['HTTP/1.1 403 Forbidden\r\n\r\n', 'status 403'],
    ['HTTP/1.0 101 Yes\r\n\r\n', 'not HTTP/1.1'],
    ['garbage\r\n\r\n', 'not HTTP/1.1'],
    ['', 'instead of an answer'],
    ['HTTP/1.1 101 Yes\r\n\r\n', 'did not upgrade'],
    [`${UPGRADED}\r\n`, 'Sec-WebSocket-Accept'],
    [`${UPGRADED}Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n`, 'Sec-WebSocket-Accept'],
    [`HTTP/1.1 101 Yes\r\n${'x: y\r\n'.repeat(4000)}`, 'more than 16384 bytes'],
    ['HTTP/1.1 101 Yes\r\nbad header\r\n\r\n', 'bad header'],
  ]) {
    await answering(answer, async (url) => {
      const ws = new WebSocket(url);
      let text = '';
      ws.onerror = (e) => (text = e.error.message);
      const end = await new Promise((resolve) => (ws.onclose = resolve));
      assert(text.includes(message), `${JSON.stringify(answer.slice(0, 60))}: ${text}`);
      assertEquals([end.code, end.wasClean, ws.readyState], [1006, false, 3]);
    });
  }
});

test('a server that does not answer, and close() before it does', async () => {
  const server = listen({ host: '127.0.0.1' });
  const url = `ws://127.0.0.1:${server.addr.port}/`;
  const slow = client(WebSocket, url, [], { handshakeTimeout: 30 });
  assertEquals((await slow.ended).code, 1006);
  const early = client(WebSocket, url);
  early.close();
  assertEquals(early.readyState, 2);
  assertEquals((await early.ended).code, 1006);
  server.close();
  const refused = client(WebSocket, url);
  assertEquals((await refused.ended).wasClean, false);
});

test('protocols of a client', async () => {
  await serving({ protocols: (offered) => offered.at(-1) }, echo, async ({ url }) => {
    const ws = client(WebSocket, url, ['a', 'b']);
    await ws.opened;
    assertEquals([ws.protocol, ws.url, ws.readyState], ['b', url, 1]);
    ws.close(3000, 'bye');
    const end = await ws.ended;
    assertEquals([end.code, end.reason, end.wasClean], [3000, '', true]);
  });
  await serving({}, echo, async ({ url }) => {
    const ws = client(WebSocket, url, 'a');
    assertEquals((await ws.ended).code, 1006, 'the server chose none');
  });
});
