// Events, the end of connections in every phase, upgrades, closing.
import { test, assert, assertEquals, assertRejects, assertThrows } from '../assert.js';
import { createServer } from 'wqjs:http';
import { bodyOf, CLOSE, dial, drain, gate, GET, serving, sleep, statusOf, talk, until } from './_util.js';

test('finish and close, once each, in order', async () => {
  const seen = [];
  const server = createServer((req, res) => {
    res.on('finish', () => seen.push('finish'));
    res.on('close', () => seen.push('close'));
    res.once('close', () => seen.push('once'));
    req.on('close', () => seen.push('req'));
    const off = () => seen.push('off');
    res.on('close', off).off('close', off);
    assertThrows(() => res.on('close', 5), TypeError);
    res.end('x');
    seen.push('end');
  });
  await server.inject('/');
  await until(() => seen.length >= 5);
  assertEquals(seen, ['end', 'finish', 'close', 'once', 'req']);
});

test('the body: read(), iteration, readNow(), bytes(), only once', async () => {
  const seen = [];
  const server = createServer(async (req, res) => {
    if (req.path === '/now') {
      seen.push([...req.readNow()], req.readNow(), await req.text());
    } else {
      const parts = [];
      for await (const part of req.body) parts.push(...part);
      seen.push(parts, await req.read(), (await req.bytes()).length);
    }
    req.body = { parsed: true };
    seen.push(req.body.parsed);
    res.end();
  });
  await server.inject({ method: 'POST', url: '/now', body: 'AB' });
  await server.inject({ method: 'POST', url: '/iterate', body: 'CD' });
  assertEquals(seen, [[65, 66], null, '', true, [67, 68], null, 0, true]);
  await serving({}, async (req, res) => {
    const first = req.text();
    await assertRejects(async () => req.text(), TypeError, 'already');
    res.end(await first);
  }, async (server) => {
    assertEquals(bodyOf(await talk(server, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n${CLOSE}`, 'ab')), 'ab');
  });
});

test('trailers of a request', () =>
  serving({}, async (req, res) => {
    assertEquals({ ...req.trailers }, {});
    const text = await req.text();
    res.end(`${text} ${JSON.stringify(req.trailers)}`);
  }, async (server) => {
    const answer = await talk(server, `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${CLOSE}`, '1\r\na\r\n', '0\r\nX-A: b\r', '\nX-C:  d \r\n\r\n');
    assertEquals(bodyOf(answer), 'a {"x-a":"b","x-c":"d"}');
  }));

test('requests stay readable after the answer', async () => {
  let kept;
  await serving({}, (req, res) => {
    kept ??= req;
    res.end();
  }, async (server) => {
    const conn = await dial(server);
    for (let i = 0; i < 5; i++) {
      await conn.write(`GET /${i}?q=${i} HTTP/1.1\r\nHost: h${i}\r\n\r\n`);
      await conn.read();
    }
    conn.close();
  });
  assertEquals([kept.url, kept.query.q, kept.getHeader('HOST'), kept.headers.host, kept.remoteAddress], ['/0?q=0', '0', 'h0', 'h0', '127.0.0.1']);
});

// How a connection ends, by how far the exchange had come.
const phases = {
  'in the head': (conn) => conn.write('GET / HTT'),
  'in a body of known length': (conn) => conn.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc'),
  'in a chunk': (conn) => conn.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'),
  'while the handler works': (conn) => conn.write(`${GET}\r\n`),
  'while the response is sent': (conn) => conn.write('GET /stream HTTP/1.1\r\nHost: x\r\n\r\n'),
};

for (const [name, start] of Object.entries(phases)) {
  test(`the peer goes away ${name}`, () => {
    const log = [];
    return serving({}, async (req, res) => {
      req.signal.addEventListener('abort', () => log.push('abort'));
      res.on('close', () => log.push('close'));
      res.on('finish', () => log.push('finish'));
      if (req.method === 'POST') {
        const error = await req.text().catch((e) => e);
        log.push(error.code);
      } else if (req.path === '/stream') {
        while (!res.destroyed) await res.write(new Uint8Array(65536));
      } else {
        await until(() => log.includes('abort'));
      }
      log.push('handled');
      res.end('too late');
    }, async (server) => {
      const conn = await dial(server);
      await start(conn);
      if (name === 'in the head') {
        await sleep(5);
        conn.close();
        await until(() => server.connections === 0);
        assertEquals(log, []);
        return;
      }
      await sleep(5);
      conn.close();
      await until(() => log.includes('handled') && server.connections === 0);
      assert(log.includes('abort'), log.join());
      if (name.includes('body') || name.includes('chunk')) assert(log.includes('ECONNRESET'), log.join());
      // Serves on.
      assertEquals(statusOf(await talk(server, `POST / HTTP/1.1\r\nHost: x\r\n${CLOSE}`)), 200);
    });
  });
}

test('a peer that closes only its side gets all answers', () =>
  serving({}, async (req, res) => {
    await sleep(5);
    res.end(req.path);
  }, async (server) => {
    const conn = await dial(server);
    await conn.end('GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await drain(conn);
    assert(answer.includes('/1') && answer.endsWith('/2'), answer);
  }));

// Half-closed, and then nobody knows whether somebody is there.
for (const [options, name] of [[{ allowHalfOpen: false }, 'allowHalfOpen: false'], [{ sendTimeout: 20 }, 'sendTimeout']]) {
  test(`a peer that closes its side and gets no answer: ${name}`, async () => {
    const log = [];
    const closed = gate();
    await serving(options, (req, res) => {
      req.on('close', () => log.push(`req ${req.aborted}`));
      res.on('finish', () => log.push('finish'));
      res.on('close', () => {
        log.push(`res ${res.finished}`);
        closed.resolve();
      });
    }, async (server) => {
      const conn = await dial(server);
      await conn.end(`${GET}\r\n`);
      assertEquals(await drain(conn), '');
      await closed.promise;
      assertEquals([log, server.connections], [['req true', 'res false'], 0]);
    });
  });
}

test('allowHalfOpen: false sends what has ended already', () =>
  serving({ allowHalfOpen: false }, (req, res) => res.end('here'), async (server) => {
    const conn = await dial(server);
    await conn.end(`${GET}\r\n`);
    assertEquals(bodyOf(await drain(conn)), 'here');
    assertThrows(() => createServer({ allowHalfOpen: 1 }), TypeError);
  }));

test('a half-closed peer: close of the request comes once', () => {
  const log = [];
  return serving({}, async (req, res) => {
    req.on('close', () => log.push('req'));
    res.on('close', () => log.push('res'));
    await until(() => log.length > 0);
    res.end('late');
  }, async (server) => {
    const conn = await dial(server);
    await conn.end(`${GET}\r\n`);
    assertEquals(bodyOf(await drain(conn)), 'late');
    assertEquals(log, ['req', 'res']);
  });
});

test('upgrade gives the connection', () =>
  serving({}, (req, res) => res.end('plain'), async (server) => {
    server.on('upgrade', async (req, conn, head) => {
      assertEquals(req.headers.upgrade, 'echo');
      assertEquals(new TextDecoder().decode(head), 'early');
      await conn.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      for await (const bytes of conn) await conn.write(bytes);
      conn.close();
    });
    const conn = await dial(server);
    await conn.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly');
    await conn.read();
    await conn.write('hello');
    assertEquals(new TextDecoder().decode(await conn.read()), 'hello');
    assertEquals(server.connections, 0);
    conn.close();
    assertEquals(bodyOf(await talk(server, GET + CLOSE)), 'plain');
  }));

test('close() waits for upgraded connections, and then cuts them off', async () => {
  const server = createServer();
  const upgraded = [];
  server.on('upgrade', (req, conn) => {
    conn.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    upgraded.push(conn);
  });
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const dialed = [];
  for (let i = 0; i < 3; i++) {
    const conn = await dial(server);
    await conn.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: mine\r\n\r\n');
    await conn.read();
    dialed.push(conn);
  }
  upgraded[0].close(); // of which the server hears
  let isClosed = false;
  const closing = server.close({ timeout: 60 }).then(() => (isClosed = true));
  await upgraded[1].end('bye');
  assertEquals(new TextDecoder().decode(await dialed[1].read()), 'bye');
  assertEquals(isClosed, false);
  upgraded[1].close();
  await closing;
  assertEquals(upgraded.map((conn) => conn.fd), [-1, -1, -1]);
  assertEquals(await dialed[2].read(), null);
  for (const conn of dialed) conn.close();
});

test('close() finishes what is in flight, and closes idle connections', async () => {
  const release = gate();
  const server = createServer(async (req, res) => {
    await release.promise;
    res.end('done');
  });
  let closed = 0;
  server.on('close', () => closed++);
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const { port } = server.address();
  const idle = await dial(server);
  const busy = await dial(server);
  await busy.write(`${GET}\r\n`);
  await until(() => server.connections === 2);
  await sleep(5);
  const closing = server.close({ timeout: 5000 });
  assertEquals([server.listening, server.address()], [false, null]);
  await assertRejects((await import('wqjs:net')).connect({ host: '127.0.0.1', port }), (e) => e.code === 'ECONNREFUSED');
  release.resolve();
  const answer = await drain(busy);
  assert(answer.includes('Connection: close') && answer.endsWith('done'), answer);
  await closing;
  await server.close();
  assertEquals(closed, 1);
  idle.close();
});

test('close() gives up after its timeout', async () => {
  const server = createServer(() => {});
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const conn = await dial(server);
  await conn.write(`${GET}\r\n`);
  await until(() => server.connections === 1);
  await sleep(5);
  await server.close({ timeout: 30 });
  assertEquals(await drain(conn), '');
});

test('wrong use of listen()', () => {
  const server = createServer();
  assertThrows(() => server.listen({ port: 70000 }), RangeError);
  assertThrows(() => server.listen({ host: '8.8.8.8', port: 1 }), Error, 'denied');
  let error;
  server.on('error', (e) => (error = e));
  server.listen({ host: '8.8.8.8', port: 1 });
  return until(() => error !== undefined);
});

test('random aborts leave nothing behind', () =>
  serving({ keepAliveTimeout: 1000 }, async (req, res) => {
    if (req.method === 'POST') await req.bytes().catch(() => {});
    if (req.query.n % 3 === 0) await sleep(0);
    await res.write('a'.repeat(1000));
    res.end('b');
  }, async (server) => {
    const one = async (i) => {
      const text = i % 2 ? `GET /?n=${i} HTTP/1.1\r\nHost: x\r\n\r\n` : `POST /?n=${i} HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n${'x'.repeat(20)}`;
      const conn = await dial(server);
      await conn.write(text.slice(0, 1 + (i * 37) % text.length));
      if (i % 5 === 0) await Promise.race([conn.read().catch(() => {}), sleep(3)]);
      conn.close();
    };
    for (let i = 0; i < 300; i += 20) await Promise.all(Array.from({ length: 20 }, (_, k) => one(i + k)));
    await until(() => server.connections === 0);
    assertEquals(bodyOf(await talk(server, `GET /?n=1 HTTP/1.1\r\nHost: x\r\n${CLOSE}`)).length > 1000, true);
  }));
