// Helpers for the tests of wqjs:net.
import { connect, listen } from 'wqjs:net';
import * as s from 'wqjs:sockets';
import { assertEquals, assertRejects } from '../assert.js';

/** [client, server, close]: two ends of a TCP connection; close() closes both. */
export async function pair(serverOptions = {}, clientOptions = {}) {
  const server = listen({ host: '127.0.0.1', port: 0, ...serverOptions });
  const [client, peer] = await Promise.all([
    connect({ host: '127.0.0.1', port: server.addr.port, ...clientOptions }),
    server.accept(),
  ]);
  server.close();
  return [client, peer, () => (client.close(), peer.close())];
}

/** Runs fn with a pair and closes both, whatever happens. */
export async function withPair(fn, serverOptions, clientOptions) {
  const [a, b, close] = await pair(serverOptions, clientOptions);
  try {
    return await fn(a, b);
  } finally {
    close();
  }
}

/** Runs fn with a listener and closes it. */
export async function withServer(fn, options = {}) {
  const server = listen({ host: '127.0.0.1', port: 0, ...options });
  try {
    return await fn(server, server.addr.port);
  } finally {
    server.close();
  }
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const text = (bytes) => new TextDecoder().decode(bytes);

/** All that comes until the end, as text. */
export async function readText(conn) {
  let all = '';
  const decoder = new TextDecoder();
  for await (const chunk of conn) all += decoder.decode(chunk, { stream: true });
  return all + decoder.decode();
}

/** The promise must reject with an InternalError of this code; gives it back. */
export async function rejectsCode(promise, code, syscall, more = {}) {
  const error = await assertRejects(promise, InternalError);
  assertEquals(error.code, code, `the message is: ${error.message}`);
  if (syscall !== undefined) assertEquals(error.syscall, syscall);
  for (const key in more) assertEquals(error[key], more[key], key);
  return error;
}

/** Whether the promise is still pending after some turns of the event loop. */
export async function isPending(promise, ms = 30) {
  const mark = {};
  return (await Promise.race([promise.catch(() => {}), sleep(ms).then(() => mark)])) === mark;
}

/** Runs fn with a port whose listener has no room: connecting to it waits. */
export async function withFullListener(fn) {
  const server = s.socket();
  s.bind(server, '127.0.0.1', 0);
  s.listen(server, 0);
  const { port } = s.getsockname(server);
  const fds = [server];
  try {
    for (let i = 0; i < 10; i++) {
      const fd = s.socket(s.AF_INET, s.SOCK_STREAM | s.SOCK_NONBLOCK);
      fds.push(fd);
      try {
        s.connect(fd, '127.0.0.1', port);
      } catch {}
      if (s.poll([{ fd, events: s.POLLOUT }], 100).length === 0) break;
    }
    return await fn(port);
  } finally {
    for (const fd of fds) s.close(fd);
  }
}
