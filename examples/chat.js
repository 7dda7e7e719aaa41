// A chat: every line goes to everybody else.
//
//   wqjs --allow-listen=127.0.0.1:7002 examples/chat.js
//   nc 127.0.0.1 7002       (twice)
import { listen } from 'wqjs:net';

const MAX_LINE = 4096;
const port = Number(scriptArgs[1] ?? 7002);
const members = new Set();
let guests = 0;

async function broadcast(from, line) {
  for (const member of members) {
    if (member !== from) member.conn.write(`${from.name}: ${line}\n`).catch(() => member.conn.close());
  }
}

async function join(conn) {
  const me = { conn, name: `guest${++guests}` };
  const decoder = new TextDecoder();
  let rest = '';
  members.add(me);
  try {
    await conn.write(`you are ${me.name}\n`);
    for await (const bytes of conn) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) break;
      for (const line of lines) broadcast(me, line.trimEnd());
    }
  } catch (err) {
    console.error(`${me.name}: ${err.message}`);
  } finally {
    members.delete(me);
    conn.close();
  }
}

const server = listen({ host: '127.0.0.1', port });
console.log(`listening on ${server.addr.address}:${server.addr.port}`);
for await (const conn of server) join(conn);
