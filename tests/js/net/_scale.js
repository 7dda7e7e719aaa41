// 2,000 connections at once, each of which echoes 1 KiB of its own bytes; run
// by net_scale_test.go, which gives it the fds it needs.
import * as std from 'std';
import { connect, listen } from 'wqjs:net';

const CONNECTIONS = 2000;
const SIZE = 1024;

const noise = Uint8Array.from({ length: SIZE + 256 }, (_, k) => (k * k * 7 + k) >> 3);

function pattern(i) {
  const bytes = noise.slice(i & 255, (i & 255) + SIZE);
  new DataView(bytes.buffer).setUint32(0, i);
  return bytes;
}

async function echo(conn) {
  try {
    for await (const chunk of conn) await conn.write(chunk);
  } finally {
    conn.close();
  }
}

async function serve(server) {
  const echoes = [];
  for await (const conn of server) echoes.push(echo(conn));
  await Promise.all(echoes);
}

async function client(conn, i) {
  const sent = pattern(i);
  await conn.write(sent);
  await conn.end();
  const got = new Uint8Array(SIZE + 4);
  let at = 0;
  for await (const chunk of conn) {
    got.set(chunk, at);
    at += chunk.length;
  }
  conn.close();
  if (at !== SIZE) throw new Error(`connection ${i}: ${at} bytes came back`);
  const a = new Uint32Array(sent.buffer);
  const b = new Uint32Array(got.buffer, 0, a.length);
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) throw new Error(`connection ${i}: bytes from ${4 * k} on differ`);
}

async function main() {
  const server = listen({ host: '127.0.0.1', port: 0 });
  const served = serve(server);
  const { port } = server.addr;
  // All are open before the first one writes.
  const conns = await Promise.all(Array.from({ length: CONNECTIONS }, () => connect({ host: '127.0.0.1', port })));
  await Promise.all(conns.map(client));
  server.close();
  await served;
}

await main();
std.gc();
