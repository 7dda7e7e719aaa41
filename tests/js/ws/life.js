import { createServer } from 'wqjs:http';
import { upgrade, WebSocket, WebSocketServer } from 'wqjs:ws';
import { assert, assertEquals, assertRejects, assertThrows, test } from '../assert.js';
import { client, echo, frame, Peer, serving, sleep } from './_util.js';

test('text, bytes, empty and long messages both ways', async () => {
  for (const perMessageDeflate of [false, true]) {
    await serving({ perMessageDeflate, maxPayload: 4 << 20 }, echo, async ({ url }) => {
      const ws = client(WebSocket, url);
      await ws.opened;
      assertEquals(ws.extensions.startsWith('permessage-deflate'), perMessageDeflate);
      for (const text of ['', 'hällo €😀', 'x'.repeat(70_000), '\0'.repeat(1_500_000)]) {
        ws.send(text);
        assert((await ws.next()) === text, `text of ${text.length}`);
      }
      for (const n of [0, 1, 5000, 300_000]) {
        const bytes = new Uint8Array(n).map((_, i) => i * 7);
        ws.send(bytes);
        const back = new Uint8Array(await ws.next());
        assert(back.length === n && back.every((b, i) => b === bytes[i]), `${n} bytes`);
      }
      ws.close(1000, 'done');
      const end = await ws.ended;
      assertEquals([end.code, end.wasClean], [1000, true]);
    });
  }
});

test('for await ends with the connection, at the pace of the loop', async () => {
  const got = [];
  let done;
  const finished = new Promise((resolve) => (done = resolve));
  await serving({}, async (ws) => {
    for await (const message of ws) {
      await sleep(1);
      got.push(message);
    }
    done([ws.closeCode, ws.closeReason]);
  }, async ({ url }) => {
    const ws = client(WebSocket, url);
    await ws.opened;
    for (let i = 0; i < 20; i++) ws.send(`${i}`);
    ws.close(4001, 'enough');
    assertEquals(await finished, [4001, 'enough']);
    await ws.ended;
  });
  assertEquals(got, Array.from({ length: 20 }, (_, i) => `${i}`));
});

test('leaving the loop closes', async () => {
  await serving({}, async (ws) => {
    for await (const message of ws) if (message === 'leave') break;
  }, async ({ url }) => {
    const ws = client(WebSocket, url);
    await ws.opened;
    ws.send('stay');
    ws.send('leave');
    assertEquals((await ws.ended).code, 1005);
  });
});

test('ping and pong', async () => {
  const pongs = [];
  await serving({}, (ws) => {
    ws.on('pong', (bytes) => {
      pongs.push(...bytes);
      ws.close(1001, 'going');
    });
    ws.ping(new Uint8Array([1, 2]));
    assertThrows(() => ws.ping('x'.repeat(126)), RangeError);
    assertThrows(() => ws.send(5), TypeError);
    assertThrows(() => ws.close(1005), RangeError);
    assertThrows(() => ws.close(1000, 'x'.repeat(124)), RangeError);
  }, async ({ url }) => {
    const end = await client(WebSocket, url).ended;
    assertEquals([end.code, end.reason, end.wasClean], [1001, 'going', true]);
  });
  assertEquals(pongs, [1, 2]);
});

test('a client that does not answer pings is dropped, one that does is not', async () => {
  const ends = [];
  await serving({ idleTimeout: 200 }, (ws) => {
    ws.on('error', (error) => ends.push(error.code));
    ws.on('close', (code) => ends.push(code));
  }, async ({ port, url, wss }) => {
    const lively = client(WebSocket, url);
    await lively.opened;
    const silent = await Peer.open(port);
    while (ends.length < 2) await sleep(5);
    assertEquals(ends, ['ETIMEDOUT', 1006]);
    assertEquals(wss.clients.size, 1);
    silent.conn.close();
    lively.close();
    await lively.ended;
  });
});

test('a client that does not read: memory is bounded, 1013', async () => {
  let most = 0;
  let result;
  const ended = new Promise((resolve) => (result = resolve));
  await serving({ maxQueued: 200_000, closeTimeout: 50 }, (ws) => {
    ws.on('error', (error) => result(error.code));
    const timer = setInterval(() => {
      if (ws.readyState !== 1) clearInterval(timer);
      for (let i = 0; i < 20; i++) ws.send('x'.repeat(50_000));
      most = Math.max(most, ws.bufferedAmount);
    }, 1);
  }, async ({ port }) => {
    const peer = await Peer.open(port);
    assertEquals(await ended, 'ENOBUFS');
    assert(most > 100_000 && most < 300_000, `${most} bytes waited`);
    peer.conn.close();
  });
});

test("overflow: 'reject' keeps the connection", async () => {
  let refused = 0;
  let socket;
  await serving({ maxQueued: 100_000, overflow: 'reject', closeTimeout: 50 }, (ws) => {
    socket = ws;
  }, async ({ port }) => {
    const peer = await Peer.open(port);
    while (socket === undefined) await sleep(1);
    for (let i = 0; i < 2000 && refused === 0; i++) {
      socket.send('x'.repeat(60_000)).catch((error) => (refused += error.code === 'ENOBUFS'));
      await sleep(0);
    }
    assertEquals([refused, socket.readyState], [1, 1]);
    socket.terminate();
    await assertRejects(() => socket.send('x'), (e) => e.code === 'EPIPE');
    peer.conn.close();
  });
});

test('pings of a client that does not read do not pile up', async () => {
  let socket;
  await serving({ closeTimeout: 50 }, (ws) => (socket = ws), async ({ port }) => {
    const peer = await Peer.open(port);
    const pings = frame(0x89, 'p'.repeat(125));
    const many = new Uint8Array(pings.length * 400);
    for (let i = 0; i < 400; i++) many.set(pings, i * pings.length);
    for (let i = 0; i < 60; i++) await peer.write(many);
    assert(socket.bufferedAmount < 1000, `${socket.bufferedAmount} bytes wait`);
    peer.conn.close();
  });
});

test('a peer that never answers the close frame', async () => {
  await serving({ closeTimeout: 30 }, (ws) => ws.close(1000), async ({ port, wss }) => {
    const peer = await Peer.open(port);
    assertEquals(await peer.frame(), [0x88, '\x03\xe8']);
    while (wss.clients.size > 0) await sleep(5);
    peer.conn.close();
  });
});

test('a connection that breaks', async () => {
  let end;
  await serving({}, (ws) => ws.on('close', (...args) => (end = args)), async ({ port, wss }) => {
    const peer = await Peer.open(port);
    await peer.write(frame(0x81, 'half').slice(0, 7));
    peer.conn.close();
    while (end === undefined) await sleep(2);
    assertEquals(end, [1006, '']);
    assertEquals(wss.clients.size, 0);
  });
});

test('a listener that throws closes with 1011', async () => {
  const errors = [];
  await serving({}, (ws) => {
    ws.on('error', (error) => errors.push(error.message));
    ws.on('message', async () => {
      throw new Error('broken');
    });
  }, async ({ url }) => {
    const ws = client(WebSocket, url);
    await ws.opened;
    ws.send('x');
    assertEquals((await ws.ended).code, 1011);
  });
  assertEquals(errors, ['broken']);
});

test('a message waits for a listener', async () => {
  await serving({}, async (ws) => {
    await sleep(20);
    echo(ws);
  }, async ({ url }) => {
    const ws = client(WebSocket, url);
    await ws.opened;
    ws.send('1');
    ws.send('2');
    assertEquals([await ws.next(), await ws.next()], ['1', '2']);
    ws.close();
    await ws.ended;
  });
});

test('the server closes all', async () => {
  await serving({}, echo, async ({ url, wss }) => {
    const ws = client(WebSocket, url);
    await ws.opened;
    while (wss.clients.size === 0) await sleep(1);
    await wss.close();
    assertEquals((await ws.ended).code, 1001);
  });
});

test('a server that closes closes its WebSockets, and waits for them', async () => {
  await serving({ closeTimeout: 60000 }, echo, async ({ url, wss, server, port }) => {
    const ws = client(WebSocket, url);
    await ws.opened;
    const silent = await Peer.open(port); // does not answer the closing
    while (wss.clients.size < 2) await sleep(1);
    const closed = server.close({ timeout: 500 });
    assertEquals((await ws.ended).code, 1001);
    await closed;
    assertEquals(wss.clients.size, 0);
    while (await silent.more());
    assert(silent.data.includes('\x03\xe9'), 'no close frame with 1001');
    silent.conn.close();
  });
});

test('a server that closes closes the sockets of upgrade(), and of a WebSocketServer without a server', async () => {
  const wss = new WebSocketServer();
  const server = createServer();
  server.on('upgrade', (req, conn, head) => (req.path === '/own' ? upgrade(req, conn, head) : wss.handleUpgrade(req, conn, head)));
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const clients = ['own', 'wss'].map((path) => client(WebSocket, `ws://127.0.0.1:${server.address().port}/${path}`));
  for (const ws of clients) await ws.opened;
  await server.close();
  for (const ws of clients) assertEquals((await ws.ended).code, 1001);
});

test('a server that closes at once terminates its WebSockets', async () => {
  await serving({ closeTimeout: 60000 }, echo, async ({ wss, server, port }) => {
    const silent = await Peer.open(port);
    while (wss.clients.size < 1) await sleep(1);
    await server.close({ graceful: false });
    while (await silent.more());
    silent.conn.close();
  });
});

test('the global WebSocket', async () => {
  assert(globalThis.WebSocket === WebSocket, 'same class');
  assertEquals([WebSocket.OPEN, WebSocket.prototype.CLOSED], [1, 3]);
  const isSyntax = (e) => e.name === 'SyntaxError';
  assertThrows(() => new WebSocket('nonsense'), isSyntax);
  assertThrows(() => new WebSocket('ftp://x/'), isSyntax);
  assertThrows(() => new WebSocket('ws://x/', ['a', 'A']), isSyntax);
  assertThrows(() => new WebSocket('ws://x/', 'a b'), isSyntax);
  await serving({}, echo, async ({ url }) => {
    const ws = client(WebSocket, `${url}?q#fragment`);
    assertThrows(() => ws.send('x'), (e) => e.name === 'InvalidStateError');
    assertThrows(() => ws.close(1001), (e) => e.name === 'InvalidAccessError');
    assertThrows(() => ws.close(3000, 'x'.repeat(124)), isSyntax);
    await ws.opened;
    assertEquals(ws.url, `${url}?q`);
    ws.close();
    ws.send('late');
    assertEquals(ws.bufferedAmount >= 4, true);
    await ws.ended;
  });
});
