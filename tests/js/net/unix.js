// Unix sockets of wqjs:net.
import { connect, listen, udp } from 'wqjs:net';
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertThrows, test } from '../assert.js';
import { isPending, readText, rejectsCode, sleep, text } from './_util.js';

const tmp = scriptArgs[1];
let count = 0;
const fresh = () => `${tmp}/net${count++}`;

test('a server and a client', async () => {
  const path = fresh();
  using server = listen({ path });
  assertEquals(server.addr, { address: path, port: 0, family: 'unix' });
  const [client, conn] = await Promise.all([connect({ path }), server.accept()]);
  assertEquals(client.remoteAddr, { address: path, port: 0, family: 'unix' });
  assertEquals(conn.remoteAddr, { address: '', port: 0, family: 'unix' });
  await client.end('über Unix');
  assertEquals(await readText(conn), 'über Unix');
  client.close();
  conn.close();
});

test('nobody is there', async () => {
  const path = fresh();
  await rejectsCode(connect({ path }), 'ENOENT', 'connect', { address: path });
  listen({ path }).close();
  // The file stays: who made the server removes it.
  await rejectsCode(connect({ path }), 'ECONNREFUSED', 'connect', { address: path });
  assertEquals(assertThrows(() => listen({ path })).code, 'EADDRINUSE');
});

test('a full queue: connecting waits for room', async () => {
  const path = fresh();
  using server = listen({ path, backlog: 1 });
  const conns = Array.from({ length: 8 }, () => connect({ path, timeout: 10_000 }));
  await sleep(30);
  const accepted = [];
  for (let i = 0; i < conns.length; i++) accepted.push(await server.accept());
  for (const conn of [...(await Promise.all(conns)), ...accepted]) conn.close();
});

test('a full queue: abort and timeout', async () => {
  const path = fresh();
  using server = listen({ path, backlog: 0 });
  const fds = [];
  let full = false;
  for (let i = 0; i < 10 && !full; i++) {
    const fd = s.socket(s.AF_UNIX, s.SOCK_STREAM | s.SOCK_NONBLOCK);
    fds.push(fd);
    try {
      s.connect(fd, path);
    } catch (error) {
      assertEquals(error.code, 'EAGAIN');
      full = true;
    }
  }
  assert(full);
  await rejectsCode(connect({ path, timeout: 40 }), 'ETIMEDOUT', 'connect', { address: path });
  const controller = new AbortController();
  const waiting = connect({ path, signal: controller.signal });
  assert(await isPending(waiting));
  controller.abort('enough');
  assertEquals(await waiting.catch((reason) => reason), 'enough');
  for (const fd of fds) s.close(fd);
});

test('datagrams', async () => {
  const [here, there] = [fresh(), fresh()];
  using a = udp({ path: here });
  using b = udp({ path: there });
  const got = b.recv();
  assertEquals(await a.send('note', { path: there }), 4);
  const { data, address, family } = await got;
  assertEquals([text(data), address, family], ['note', here, 'unix']);
  assertEquals(a.addr, { address: here, port: 0, family: 'unix' });
});
