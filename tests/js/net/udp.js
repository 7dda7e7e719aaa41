// udp.
import { udp, UdpSocket } from 'wqjs:net';
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertRejects, assertThrows, test } from '../assert.js';
import { isPending, rejectsCode, text } from './_util.js';

const local = (options = {}) => udp({ host: '127.0.0.1', ...options });

test('send and recv, both families', async () => {
  for (const host of ['127.0.0.1', '::1']) {
    using a = udp({ host });
    using b = udp({ host, port: 0 });
    assert(a instanceof UdpSocket);
    const waiting = b.recv();
    assertEquals(await a.send('ping', { host, port: b.addr.port }), 4);
    const { data, address, port, family } = await waiting;
    assertEquals([text(data), address, port], ['ping', host, a.addr.port]);
    assertEquals(family, host === '::1' ? 'IPv6' : 'IPv4');
    await b.send(data, { address, port });
    assertEquals(text((await a.recv()).data), 'ping');
  }
});

test('to a name', async () => {
  using a = local();
  using b = local();
  await a.send('by name', { host: 'localhost', port: b.addr.port });
  assertEquals(text((await b.recv()).data), 'by name');
});

test('datagrams keep their borders and their order', async () => {
  using a = local();
  using b = local();
  const to = { host: '127.0.0.1', port: b.addr.port };
  const sizes = [0, 1, 100, 9000, 60000];
  for (const size of sizes) await a.send(new Uint8Array(size).fill(size & 255), to);
  for (const size of sizes) assertEquals((await b.recv()).data, new Uint8Array(size).fill(size & 255));
});

test('iteration, until close', async () => {
  const a = local();
  const b = local();
  const seen = [];
  const loop = (async () => {
    for await (const { data } of b) {
      seen.push(text(data));
      if (seen.length === 3) b.close();
    }
  })();
  for (const word of ['one', 'two', 'three']) await a.send(word, { host: '127.0.0.1', port: b.addr.port });
  await loop;
  assertEquals(seen, ['one', 'two', 'three']);
  a.close();
  for await (const nothing of b) assert(nothing === undefined, 'a closed socket gives nothing');
});

test('leaving the loop closes the socket', async () => {
  const a = local();
  await a.send('self', { host: '127.0.0.1', port: a.addr.port });
  for await (const { data } of a) {
    assertEquals(text(data), 'self');
    break;
  }
  assertEquals(a.fd, -1);
  assert(a.addr.port > 0);
});

test('close: what waits is ECANCELED, what comes later EBADF', async () => {
  const a = local();
  const waiting = [a.recv(), a.recv()];
  assert(await isPending(waiting[0]));
  a.close();
  a.close();
  for (const each of waiting) await rejectsCode(each, 'ECANCELED');
  await rejectsCode(a.recv(), 'EBADF', 'recv');
  await rejectsCode(a.send('x', { host: '127.0.0.1', port: 9 }), 'EBADF', 'send');
});

test('closed while a name is looked up', async () => {
  const a = local();
  const sending = a.send('x', { host: 'localhost', port: 9 });
  a.close();
  await rejectsCode(sending, 'EBADF', 'send');
});

test('options', () => {
  using a = local({ reuseAddr: true, reusePort: true, broadcast: true });
  for (const option of [s.SO_REUSEADDR, s.SO_REUSEPORT, s.SO_BROADCAST]) assertEquals(s.getsockopt(a.fd, s.SOL_SOCKET, option), 1);
  using b = local({ port: a.addr.port, reuseAddr: true, reusePort: true });
  assertEquals(b.addr.port, a.addr.port);
  using six = udp({ family: 6 });
  assertEquals(six.addr.family, 'IPv6');
});

test('a client needs no permission to bind', async () => {
  using server = local();
  using client = udp();
  await client.send('x', { host: '127.0.0.1', port: server.addr.port });
  const { address, port } = await server.recv();
  await server.send('y', { host: address, port });
  assertEquals(text((await client.recv()).data), 'y');
});

test('failures', async () => {
  using a = local();
  const error = await rejectsCode(a.send('x', { host: '192.0.2.1', port: 53 }), 'EACCES', 'sendto', { address: '192.0.2.1', port: 53 });
  assert(error.message.includes('--allow-udp=192.0.2.1:53'), error.message);
  await rejectsCode(a.send('x', { host: 'example.com', port: 53 }), 'EACCES', 'getaddrinfo');
  await rejectsCode(a.send(new Uint8Array(70000), { host: '127.0.0.1', port: 9 }), 'EMSGSIZE', 'sendto');
  await rejectsCode(a.send('x', { host: '::1', port: 9 }), 'EAFNOSUPPORT', 'sendto');
  assertEquals(assertThrows(() => udp({ host: '192.0.2.1' }), InternalError).code, 'EACCES');
  assertEquals(assertThrows(() => local({ port: a.addr.port }), InternalError).code, 'EADDRINUSE');
});

test('wrong arguments', async () => {
  for (const bad of [null, 5, 'x']) assertThrows(() => udp(bad), TypeError);
  assertThrows(() => udp({ port: 65536 }), RangeError);
  assertThrows(() => udp({ family: 5 }), RangeError);
  assertThrows(() => udp({ host: '' }), TypeError);
  using a = local();
  for (const bad of [undefined, null, 5, {}, []]) await assertRejects(a.send(bad, { host: '127.0.0.1', port: 9 }), TypeError);
  for (const to of [undefined, null, 'x', {}, { port: 9 }, { host: '', port: 9 }]) await assertRejects(a.send('x', to), TypeError);
  for (const port of [undefined, 0, -1, 65536, 'x']) await assertRejects(a.send('x', { host: '127.0.0.1', port }), RangeError);
  assertThrows(() => new UdpSocket(), TypeError);
});

test('a flood of datagrams: others run, too', async () => {
  using a = local();
  using b = local();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const to = { host: '127.0.0.1', port: b.addr.port };
  const start = performance.now();
  let got = 0;
  while (performance.now() - start < 150) {
    await a.send('x', to);
    await b.recv();
    got++;
  }
  clearInterval(timer);
  assert(got > 10 && ticks >= 5, `${got} datagrams, ${ticks} ticks`);
});
