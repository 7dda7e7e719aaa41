// connect: options, failures, abort and timeout at each phase.
import { connect, listen } from 'wqjs:net';
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertRejects, test } from '../assert.js';
import { isPending, rejectsCode, sleep, text, withFullListener, withServer } from './_util.js';

test('by address, by name, and the name that is the default', () =>
  withServer(async (server, port) => {
    for (const host of ['127.0.0.1', 'localhost', undefined]) {
      const conn = await connect({ host, port });
      assertEquals(conn.remoteAddr, { address: '127.0.0.1', port, family: 'IPv4' });
      conn.close();
    }
  }));

test('localhost is found on either family', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    using server = listen({ host });
    // Only where the resolver knows both can the other one be found by name.
    const known = s.getaddrinfo('localhost').includes(host);
    if (!known) continue;
    const conn = await connect({ host: 'localhost', port: server.addr.port });
    assertEquals(conn.remoteAddr.address, host);
    conn.close();
  }
});

test('a refused connection', async () => {
  using gone = listen({ host: '127.0.0.1' });
  const { port } = gone.addr;
  gone.close();
  const error = await rejectsCode(connect({ host: '127.0.0.1', port }), 'ECONNREFUSED', 'connect', {
    address: '127.0.0.1', port, errno: 14,
  });
  assertEquals(error.message, `connect 127.0.0.1:${port}: Connection refused (ECONNREFUSED)`);
  // The stack names the place of the call, not of the event.
  assert(error.stack.includes('connect.js:') && !error.stack.includes('wqjs:internal'), error.stack);
  const byName = await rejectsCode(connect({ host: 'localhost', port }), 'ECONNREFUSED');
  for (const each of byName.errors ?? []) assertEquals(each.code, 'ECONNREFUSED');
});

test('denied: the address, the name', async () => {
  let error = await rejectsCode(connect({ host: '192.0.2.1', port: 443 }), 'EACCES', 'connect');
  assert(error.message.includes('--allow-connect=192.0.2.1:443'), error.message);
  error = await rejectsCode(connect({ host: 'example.com', port: 443 }), 'EACCES', 'getaddrinfo');
  assert(error.message.includes('example.com'), error.message);
  error = await rejectsCode(connect({ path: '/run/denied.sock' }), 'EACCES', 'connect');
  assert(error.message.includes('--allow-unix=/run/denied.sock'), error.message);
});

test('odd spellings of addresses are errors, not names', async () => {
  for (const host of ['127.1', '0x7f.1', '2130706433', '0177.0.0.1', '256.1.1.1', '1.2.3.4.']) {
    const error = await assertRejects(connect({ host, port: 80 }), InternalError);
    assert(['EINVAL', 'EACCES'].includes(error.code), `${host}: ${error.code}`);
  }
});

test('aborted before: the reason, and nothing was tried', async () => {
  const reason = { mine: true };
  assert((await assertRejects(connect({ host: '127.0.0.1', port: 9, signal: AbortSignal.abort(reason) }))) === reason);
  const error = await assertRejects(connect({ host: 'localhost', port: 9, signal: AbortSignal.abort() }));
  assertEquals(error.name, 'AbortError');
});

test('aborted during the lookup', () =>
  withServer(async (server, port) => {
    const controller = new AbortController();
    const promise = connect({ host: 'localhost', port, signal: controller.signal });
    controller.abort(new EvalError('mine'));
    await assertRejects(promise, EvalError);
    assert(await isPending(server.accept(), 50), 'it was tried nevertheless');
  }));

test('aborted while connecting', () =>
  withFullListener(async (port) => {
    const controller = new AbortController();
    const promise = connect({ host: '127.0.0.1', port, signal: controller.signal });
    assert(await isPending(promise));
    controller.abort();
    assertEquals((await assertRejects(promise)).name, 'AbortError');
    const timeout = await assertRejects(connect({ host: '127.0.0.1', port, signal: AbortSignal.timeout(30) }));
    assertEquals(timeout.name, 'TimeoutError');
  }));

test('an abort after the connection is made does nothing', () =>
  withServer(async (server, port) => {
    const controller = new AbortController();
    const conn = await connect({ host: '127.0.0.1', port, signal: controller.signal });
    controller.abort();
    assertEquals(await conn.write('x'), 1);
    const peer = await server.accept();
    assertEquals(text(await peer.read()), 'x');
    conn.close();
    peer.close();
  }));

test('timeout', () =>
  withFullListener(async (port) => {
    const start = performance.now();
    const error = await rejectsCode(connect({ host: '127.0.0.1', port, timeout: 60 }), 'ETIMEDOUT', 'connect', {
      address: '127.0.0.1', port,
    });
    const took = performance.now() - start;
    assert(took >= 55 && took < 5000, `${took} ms`);
    assert(error.message.includes('60 ms'), error.message);
    assert(error.stack.includes('connect.js:'), error.stack);
  }));

test('a timeout that is not reached leaves nothing behind', () =>
  withServer(async (server, port) => {
    const conn = await connect({ host: '127.0.0.1', port, timeout: 50 });
    await sleep(80);
    assertEquals(await conn.write('x'), 1);
    conn.close();
  }));

test('localAddress and localPort', () =>
  withServer(async (server, port) => {
    const conn = await connect({ host: '127.0.0.1', port, localAddress: '127.0.0.5' });
    assertEquals(conn.localAddr.address, '127.0.0.5');
    const { port: localPort } = conn.localAddr;
    conn.close();
    await rejectsCode(connect({ host: '127.0.0.1', port, localAddress: '192.0.2.1' }), 'EACCES', 'bind');
    const again = await connect({ host: '127.0.0.1', port, localAddress: '127.0.0.6', localPort });
    assertEquals(again.localAddr, { address: '127.0.0.6', port: localPort, family: 'IPv4' });
    again.close();
  }));

test('family', () =>
  withServer(async (server, port) => {
    (await connect({ host: 'localhost', port, family: 4 })).close();
    await assertRejects(connect({ host: 'localhost', port, family: 6 }), InternalError);
  }));

test('options of the socket', () =>
  withServer(async (server, port) => {
    const conn = await connect({ host: '127.0.0.1', port, noDelay: false, keepAlive: { idle: 5000, count: 3 } });
    assertEquals(s.getsockopt(conn.fd, s.IPPROTO_TCP, s.TCP_NODELAY), 0);
    assertEquals(s.getsockopt(conn.fd, s.SOL_SOCKET, s.SO_KEEPALIVE), 1);
    assertEquals(s.getsockopt(conn.fd, s.IPPROTO_TCP, s.TCP_KEEPIDLE), 5);
    assertEquals(s.getsockopt(conn.fd, s.IPPROTO_TCP, s.TCP_KEEPCNT), 3);
    conn.close();
    await rejectsCode(connect({ host: '127.0.0.1', port, keepAlive: { count: 1e6 } }), 'EINVAL', 'setsockopt');
  }));

test('fd: a connected socket of wqjs:sockets', async () => {
  const [a, b] = s.socketpair();
  const one = await connect({ fd: a });
  const two = await connect({ fd: b });
  await one.write('through the pair');
  assertEquals(text(await two.read()), 'through the pair');
  assertEquals(one.remoteAddr.family, 'unix');
  one.close();
  assertEquals(await two.read(), null);
  two.close();
  const fresh = s.socket();
  await rejectsCode(connect({ fd: fresh }), 'ENOTCONN');
  s.close(fresh);
  await rejectsCode(connect({ fd: fresh }), 'EBADF');
});

test('wrong options reject', async () => {
  for (const bad of [undefined, null, 5, 'localhost:80', true]) await assertRejects(connect(bad), TypeError);
  for (const bad of [{}, { host: 'localhost' }, { port: 80, path: '/x' }, { fd: 1000, port: 80 }, { path: '/x', fd: 1000 }]) {
    await assertRejects(connect(bad), TypeError, 'either');
  }
  for (const port of [0, -1, 65536, 80.5, NaN, '', 'http', {}, null, true]) await assertRejects(connect({ port }), RangeError, 'port');
  for (const host of ['', 5, {}, Symbol()]) await assertRejects(connect({ host, port: 80 }), TypeError, 'host');
  for (const signal of [{}, 5, 'abort', new AbortController()]) await assertRejects(connect({ port: 80, signal }), TypeError, 'signal');
  for (const timeout of [-1, NaN, '5', {}]) await assertRejects(connect({ port: 80, timeout }), RangeError, 'timeout');
  await assertRejects(connect({ port: 80, family: 5 }), RangeError, 'family');
  await assertRejects(connect({ get port() { throw new EvalError('mine'); } }), EvalError);
});

test('hundreds at once', () =>
  withServer(async (server, port) => {
    const echo = (async () => {
      for await (const conn of server) conn.close();
    })();
    const conns = await Promise.all(Array.from({ length: 300 }, () => connect({ host: '127.0.0.1', port })));
    assertEquals(new Set(conns.map((c) => c.localAddr.port)).size, 300);
    for (const conn of conns) conn.close();
    server.close();
    await echo;
  }));
