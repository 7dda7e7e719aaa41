// HTTPS: wqjs:http over connections with TLS.
import express from 'wqjs:express';
import { createServer } from 'wqjs:http';
import { connect } from 'wqjs:net';
import { assert, assertEquals, assertThrows, test } from '../assert.js';
import { bodyOf, CLOSE, drain, GET, statusOf, until } from '../http/_util.js';
import { ca, client, server } from './_util.js';

/** Runs fn(server, port) with an HTTPS server. */
async function serving(tls, handler, fn, options = {}) {
  const http = createServer(options, handler);
  await new Promise((resolve) => http.listen({ port: 0, host: '127.0.0.1', tls: { ...server, ...tls } }, resolve));
  try {
    return await fn(http, http.address().port);
  } finally {
    await http.close({ graceful: false });
  }
}

const dial = (port, tls = {}) => connect({ host: '127.0.0.1', port, tls: { ca, servername: 'localhost', ...tls } });
const raw = (port) => connect({ host: '127.0.0.1', port });

async function get(port, tls) {
  const conn = await dial(port, tls);
  await conn.write(GET + CLOSE);
  return drain(conn);
}

test('a request tells of its session', async () => {
  const seen = [];
  await serving({ ca, requestCert: true }, (req, res) => {
    seen.push([req.encrypted, req.tls.protocol, req.tls.alpn, req.tls.servername, req.tls.authorized, req.tls.peer.subject]);
    seen.push([req.remoteAddress, req.localAddress]);
    res.end('hello');
  }, async (http, port) => {
    const answer = await get(port, { ...client, alpn: ['h2', 'http/1.1'] });
    assertEquals([statusOf(answer), bodyOf(answer)], [200, 'hello']);
  });
  assertEquals(seen, [[true, 'TLSv1.3', 'http/1.1', 'localhost', true, 'CN=client,O=wqjs'], ['127.0.0.1', '127.0.0.1']]);
});

test('without TLS there is no session', async () => {
  const http = createServer((req, res) => res.end(String([req.encrypted, req.tls])));
  assertEquals((await http.inject('/')).text(), 'false,');
});

test('several requests on a connection, and bodies both ways', () =>
  serving({}, async (req, res) => res.end(await req.bytes()), async (http, port) => {
    const conn = await dial(port);
    const big = 'x'.repeat(300_000);
    const post = (body, rest) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${rest}${body}`;
    const sent = conn.write(post('small', '\r\n') + post(big, CLOSE));
    const answer = await drain(conn);
    await sent;
    assert(answer.includes('\r\n\r\nsmallHTTP/1.1 200'), answer.slice(0, 300));
    assert(answer.endsWith(`\r\n\r\n${big}`));
  }));

test('who talks no TLS or trusts nobody is dropped, and only he', () =>
  serving({}, (req, res) => res.end('fine'), async (http, port) => {
    const garbage = await raw(port);
    await garbage.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    assert(!(await drain(garbage)).includes('HTTP/1.1'));
    const error = await dial(port, { ca: client.cert }).then(() => null, (e) => e);
    assertEquals(error?.code, 'ECERT');
    assertEquals(bodyOf(await get(port)), 'fine');
    await until(() => http.connections === 0);
  }));

test('who says nothing is dropped', () =>
  serving({ handshakeTimeout: 100 }, (req, res) => res.end('fine'), async (http, port) => {
    await drain(await raw(port));
    await until(() => http.connections === 0);
  }));

test('headersTimeout includes the handshake', () =>
  serving({}, (req, res) => res.end(), async (http, port) => {
    await drain(await raw(port));
    await until(() => http.connections === 0);
  }, { headersTimeout: 100 }));

test('connections in the handshake count', () =>
  serving({}, (req, res) => res.end('fine'), async (http, port) => {
    const silent = await raw(port);
    await until(() => http.connections === 1);
    const waiting = get(port);
    silent.close(); // makes room
    assertEquals(bodyOf(await waiting), 'fine');
  }, { maxConnections: 1 }));

test('a graceful end finishes what is in flight', async () => {
  const started = Promise.withResolvers();
  const finish = Promise.withResolvers();
  await serving({}, async (req, res) => {
    started.resolve();
    await finish.promise;
    res.end('done');
  }, async (http, port) => {
    const answer = get(port);
    await started.promise;
    const closed = http.close();
    finish.resolve();
    assertEquals(bodyOf(await answer), 'done');
    await closed;
  });
});

test('an upgraded connection keeps its session', () =>
  serving({}, () => {}, async (http, port) => {
    http.on('upgrade', async (req, conn) => {
      await conn.end(`101 ${req.encrypted} ${conn.tls.protocol}`);
      conn.close();
    });
    const conn = await dial(port);
    await conn.write(`${GET}Connection: Upgrade\r\nUpgrade: x\r\n\r\n`);
    assertEquals(await drain(conn), '101 true TLSv1.3');
  }));

test('wqjs:express', async () => {
  const app = express();
  app.get('/', (req, res) => res.json([req.secure, req.protocol, req.tls.protocol]));
  const http = app.listen({ port: 0, host: '127.0.0.1', tls: server });
  await new Promise((resolve) => http.on('listening', resolve));
  assertEquals(bodyOf(await get(http.address().port)), '[true,"https","TLSv1.3"]');
  await http.close({ graceful: false });
});

test('wrong options are refused, and leave nothing open', () => {
  const http = createServer(() => {});
  for (const tls of [true, 'x', {}, { cert: server.cert }, { cert: server.cert, key: client.key }, { ...server, alpn: [''] }]) {
    assertThrows(() => http.listen({ port: 0, host: '127.0.0.1', tls }));
    assertEquals(http.listening, false);
  }
});
