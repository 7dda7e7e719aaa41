import { connect } from 'wqjs:net';
import { createServer } from 'wqjs:http';

/** Runs a server on a port of its own for the time of run(server). */
export async function serving(options, handler, run) {
  const server = createServer(options, handler);
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  try {
    return await run(server);
  } finally {
    await server.close({ graceful: false });
  }
}

export const dial = (server) => connect({ host: '127.0.0.1', port: server.address().port });

/** All that comes until the server closes, as text. A reset ends it, too. */
export async function drain(conn) {
  let out = '';
  try {
    for await (const bytes of conn) for (let i = 0; i < bytes.length; i += 8192) out += String.fromCharCode(...bytes.subarray(i, i + 8192));
  } catch (error) {
    if (error.code !== 'ECONNRESET') throw error;
  }
  conn.close();
  return out;
}

/** Sends the pieces, with a pause between, and gives all that comes until the server closes. */
export async function talk(server, ...pieces) {
  const conn = await dial(server);
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) await sleep(5);
    await conn.write(piece).catch(() => {}); // the server may have refused already
  }
  return drain(conn);
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until the condition holds. */
export async function until(condition) {
  while (!condition()) await sleep(2);
}

/** A promise with its resolve function. */
export const gate = () => Promise.withResolvers();

export const GET = 'GET / HTTP/1.1\r\nHost: x\r\n';
export const CLOSE = 'Connection: close\r\n\r\n';

export const statusOf = (answer) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
export const bodyOf = (answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4);
