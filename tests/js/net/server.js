// listen and Server.
import { Conn, connect, listen, Server } from 'wqjs:net';
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertRejects, assertThrows, test } from '../assert.js';
import { isPending, rejectsCode, sleep, text, withServer } from './_util.js';

test('defaults: any free port of every interface', () => {
  using server = listen();
  assert(server instanceof Server);
  assertEquals(server.addr.address, '0.0.0.0');
  assertEquals(server.addr.family, 'IPv4');
  assert(server.addr.port > 0);
  assert(server.fd >= 1000);
});

test('await listen() works as well', async () => {
  using server = await listen({ host: '127.0.0.1' });
  assert(server.addr.port > 0);
});

test('accept, before and after the client has come', () =>
  withServer(async (server, port) => {
    const early = server.accept();
    assert(await isPending(early));
    const client = await connect({ host: '127.0.0.1', port });
    const conn = await early;
    assert(conn instanceof Conn);
    assertEquals(conn.remoteAddr, client.localAddr);
    const second = await connect({ host: '127.0.0.1', port });
    await sleep(5);
    const late = await server.accept();
    for (const each of [client, conn, second, late]) each.close();
  }));

test('several accepts wait in order', () =>
  withServer(async (server, port) => {
    const accepts = [server.accept(), server.accept(), server.accept()];
    const clients = [];
    for (let i = 0; i < 3; i++) clients.push(await connect({ host: '127.0.0.1', port }));
    const conns = await Promise.all(accepts);
    assertEquals(conns.map((c) => c.remoteAddr.port), clients.map((c) => c.localAddr.port));
    for (const each of [...clients, ...conns]) each.close();
  }));

test('iteration ends with close(), which rejects a plain accept()', () =>
  withServer(async (server, port) => {
    let count = 0;
    const loop = (async () => {
      for await (const conn of server) {
        conn.close();
        count++;
      }
      return 'ended';
    })();
    for (let i = 0; i < 3; i++) (await connect({ host: '127.0.0.1', port })).close();
    await sleep(10);
    const accept = server.accept();
    server.close();
    server.close();
    assertEquals(await loop, 'ended');
    await rejectsCode(accept, 'ECANCELED', 'accept');
    assertEquals(count, 3);
    await rejectsCode(server.accept(), 'EBADF', 'accept');
    assertEquals(await server[Symbol.asyncIterator]().next(), { value: undefined, done: true });
    assertEquals(server.fd, -1);
    assert(server.addr.port === port);
  }));

test('leaving the loop closes the server', () =>
  withServer(async (server, port) => {
    const client = connect({ host: '127.0.0.1', port });
    for await (const conn of server) {
      conn.close();
      break;
    }
    assertEquals(server.fd, -1);
    (await client).close();
    await rejectsCode(connect({ host: '127.0.0.1', port }), 'ECONNREFUSED', 'connect');
  }));

test('an error in the loop closes the server, too', () =>
  withServer(async (server, port) => {
    const client = connect({ host: '127.0.0.1', port });
    await assertRejects(async () => {
      for await (const conn of server) {
        conn.close();
        throw new EvalError('mine');
      }
    }, EvalError);
    assertEquals(server.fd, -1);
    (await client).close();
  }));

test('connections live on when their server is closed', () =>
  withServer(async (server, port) => {
    const [client, conn] = await Promise.all([connect({ host: '127.0.0.1', port }), server.accept()]);
    server.close();
    await client.write('still here');
    assertEquals(text(await conn.read()), 'still here');
    client.close();
    conn.close();
  }));

test('the port is in use', () =>
  withServer(async (server, port) => {
    const error = assertThrows(() => listen({ host: '127.0.0.1', port }), InternalError);
    assertEquals([error.code, error.syscall, error.address, error.port], ['EADDRINUSE', 'bind', '127.0.0.1', port]);
    server.close();
    // A closed port is free at once.
    listen({ host: '127.0.0.1', port }).close();
  }));

test('reusePort: several listeners on one port', () => {
  using a = listen({ host: '127.0.0.1', reusePort: true });
  using b = listen({ host: '127.0.0.1', port: a.addr.port, reusePort: true });
  assertEquals(b.addr.port, a.addr.port);
});

test('localhost, an address in brackets, and a port as text', async () => {
  using server = listen({ host: 'localhost' });
  assert(['127.0.0.1', '::1'].includes(server.addr.address));
  server.close();
  using again = listen({ host: 'localhost', port: String(server.addr.port) });
  assertEquals(again.addr.port, server.addr.port);
  using six = listen({ host: '[::1]' });
  assertEquals([six.addr.address, six.addr.family], ['::1', 'IPv6']);
  const [client, conn] = await Promise.all([connect({ host: '[::1]', port: six.addr.port }), six.accept()]);
  assertEquals(conn.remoteAddr.family, 'IPv6');
  client.close();
  conn.close();
});

test('ipv6Only', () => {
  for (const ipv6Only of [true, false]) {
    using server = listen({ host: '::', ipv6Only });
    assertEquals(s.getsockopt(server.fd, s.IPPROTO_IPV6, s.IPV6_V6ONLY), ipv6Only ? 1 : 0);
  }
});

test('connections inherit noDelay and keepAlive', () =>
  withServer(async (server, port) => {
    const [client, conn] = await Promise.all([connect({ host: '127.0.0.1', port, noDelay: false }), server.accept()]);
    assertEquals(s.getsockopt(client.fd, s.IPPROTO_TCP, s.TCP_NODELAY), 0);
    assertEquals(s.getsockopt(conn.fd, s.IPPROTO_TCP, s.TCP_NODELAY), 0);
    assertEquals(s.getsockopt(conn.fd, s.SOL_SOCKET, s.SO_KEEPALIVE), 1);
    assertEquals(s.getsockopt(server.fd, s.IPPROTO_TCP, s.TCP_KEEPIDLE), 30);
    client.close();
    conn.close();
  }, { noDelay: false, keepAlive: { idle: 30_000 } }));

test('a listener made by hand is taken over by its fd', async () => {
  const fd = s.socket();
  s.bind(fd, '127.0.0.1', 0);
  assertEquals(assertThrows(() => listen({ fd }), InternalError).code, 'EINVAL');
  s.listen(fd, 4);
  const server = listen({ fd });
  const [client, conn] = await Promise.all([connect({ host: '127.0.0.1', port: server.addr.port }), server.accept()]);
  for (const each of [client, conn, server]) each.close();
  assertEquals(assertThrows(() => s.close(fd)).code, 'EBADF');
});

test('what is denied names the flag', () => {
  for (const [options, flag] of [
    [{ host: '192.0.2.1', port: 80 }, '--allow-listen=192.0.2.1:80'],
    [{ path: '/run/denied.sock' }, '--allow-unix=/run/denied.sock'],
    [{ host: 'example.com', port: 80 }, '--allow-resolve=example.com'],
  ]) {
    assertEquals(assertThrows(() => listen(options), InternalError, flag).code, 'EACCES');
  }
});

test('wrong options', () => {
  for (const bad of [null, 5, 'x', true]) assertThrows(() => listen(bad), TypeError);
  for (const port of [-1, 65536, 1.5, NaN, 'http', '', ' ', {}, true]) assertThrows(() => listen({ port }), RangeError, 'port');
  for (const host of ['', 5, {}, Symbol()]) assertThrows(() => listen({ host }), TypeError, 'host');
  for (const path of ['', 5, {}]) assertThrows(() => listen({ path }), TypeError, 'path');
  for (const fd of [-1, 1.5, '3', {}, 2 ** 31]) assertThrows(() => listen({ fd }), TypeError, 'fd');
  assertEquals(assertThrows(() => listen({ fd: 1 }), InternalError).code, 'EBADF');
  assertThrows(() => listen({ host: '127.1' }), InternalError, '127.1');
});

test('a connection that is gone before it is accepted does no harm', () =>
  withServer(async (server, port) => {
    for (let i = 0; i < 5; i++) {
      const client = await connect({ host: '127.0.0.1', port });
      s.setsockopt(client.fd, s.SOL_SOCKET, s.SO_LINGER, 0);
      client.close();
    }
    const good = await connect({ host: '127.0.0.1', port });
    await good.write('good');
    for (let seen = false; !seen; ) {
      const conn = await server.accept();
      try {
        seen = text((await conn.read()) ?? new Uint8Array(0)) === 'good';
      } catch (error) {
        assertEquals(error.code, 'ECONNRESET');
      }
      conn.close();
    }
    good.close();
  }));

test('out of fds: accepting waits for one and goes on', () =>
  withServer(async (server, port) => {
    const clients = await Promise.all([1, 2].map(() => connect({ host: '127.0.0.1', port })));
    const hoard = [];
    try {
      for (;;) hoard.push(s.socket());
    } catch (error) {
      assertEquals(error.code, 'EMFILE');
    }
    const accepted = [];
    const loop = (async () => {
      for await (const conn of server) accepted.push(conn);
    })();
    await sleep(120);
    assertEquals(accepted.length, 0);
    for (const fd of hoard) s.close(fd);
    while (accepted.length < 2) await sleep(10);
    server.close();
    await loop;
    for (const each of [...clients, ...accepted]) each.close();
  }));

test('many connections one after the other leave nothing behind', () =>
  withServer(async (server, port) => {
    const loop = (async () => {
      for await (const conn of server) conn.end('x').then(() => conn.close());
    })();
    const fds = new Set();
    for (let i = 0; i < 200; i++) {
      const conn = await connect({ host: '127.0.0.1', port });
      fds.add(conn.fd);
      assertEquals(text(await conn.read()), 'x');
      conn.close();
    }
    assert(fds.size < 20, `${fds.size} different fds`);
    server.close();
    await loop;
  }));
