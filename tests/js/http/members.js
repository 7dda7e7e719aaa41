// What requests, responses and listen() have beside the usual.
import { stat } from 'os';
import { test, assertEquals, assertThrows } from '../assert.js';
import http, { createServer } from 'wqjs:http';
import * as all from 'wqjs:http';
import net, { connect } from 'wqjs:net';
import { bodyOf, CLOSE, dial, drain, gate, GET, serving, talk, until } from './_util.js';

test('the default export has all of them', () => assertEquals({ ...http, default: http }, { ...all }));

test('listen(): backlog, reusePort', async () => {
  const first = createServer((req, res) => res.end('1'));
  await new Promise((resolve) => first.listen({ port: 0, host: '127.0.0.1', backlog: 1, reusePort: true }, resolve));
  const { port } = first.address();
  const second = createServer((req, res) => res.end('2')).listen({ port, host: '127.0.0.1', reusePort: true });
  await first.close();
  assertEquals(bodyOf(await talk(second, GET + CLOSE)), '2');
  await second.close();
});

test('a Unix socket: its file is there as long as the server listens', async () => {
  const path = `${scriptArgs[1]}/http.sock`;
  for (const args of [[path], [{ path }]]) {
    const server = createServer((req, res) => res.end('unix'));
    await new Promise((resolve) => server.listen(...args, resolve));
    assertEquals(server.address().address, path);
    assertThrows(() => createServer().listen(path), (e) => e.code === 'EADDRINUSE');
    const conn = await connect({ path });
    await conn.write(GET + CLOSE);
    assertEquals(bodyOf(await drain(conn)), 'unix');
    assertEquals(stat(path)[1], 0);
    await server.close();
    assertEquals(stat(path)[0], null);
  }
  const given = net.listen({ path }); // not the server's own
  const server = createServer().listen({ fd: given.fd });
  await server.close();
  assertEquals(stat(path)[1], 0);
});

test('addresses of both ends', () =>
  serving({}, (req, res) => res.end([req.remoteAddress, req.remotePort, req.localAddress, req.localPort].join()), async (server) => {
    const conn = await dial(server);
    const { port } = conn.localAddr;
    await conn.write(GET + CLOSE);
    assertEquals(bodyOf(await drain(conn)), `127.0.0.1,${port},127.0.0.1,${server.address().port}`);
  }));

test('aborted: the peer is gone before the answer', async () => {
  const seen = [];
  await serving({}, (req) => {
    seen.push(req.aborted);
    req.on('close', () => seen.push(req.aborted));
  }, async (server) => {
    const conn = await dial(server);
    await conn.write(`${GET}\r\n`);
    await until(() => seen.length === 1);
    conn.close();
    await until(() => seen.length === 2);
  });
  assertEquals(seen, [false, true]);
});

test('flushHeaders(): the head goes ahead of the body', () => {
  const rest = gate();
  return serving({}, async (req, res) => {
    res.setHeader('X-A', 'b');
    res.flushHeaders();
    await rest.promise;
    res.end('body');
  }, async (server) => {
    const conn = await connect({ host: '127.0.0.1', port: server.address().port });
    await conn.write(GET + CLOSE);
    let head = '';
    while (!head.includes('\r\n\r\n')) head += new TextDecoder().decode(await conn.read());
    assertEquals([head.startsWith('HTTP/1.1 200 OK\r\n'), head.includes('X-A: b'), head.includes('body')], [true, true, false]);
    rest.resolve();
    assertEquals((await drain(conn)).includes('body'), true);
  });
});

test('writeContinue(): before the body is read', () =>
  serving({}, async (req, res) => {
    res.writeContinue();
    res.end(await req.text());
  }, async (server) => {
    const conn = await dial(server);
    await conn.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n${CLOSE}`);
    assertEquals(new TextDecoder().decode(await conn.read()), 'HTTP/1.1 100 Continue\r\n\r\n');
    await conn.write('ab');
    const answer = await drain(conn);
    assertEquals([bodyOf(answer), answer.includes('100')], ['ab', false]); // once
  }));
