// Echoes what each client sends, to many clients at once.
//
//   wqjs --allow-listen=127.0.0.1:7000 examples/tcp-echo.js
//   nc 127.0.0.1 7000
import { listen } from 'wqjs:net';

const port = Number(scriptArgs[1] ?? 7000);
const server = listen({ host: '127.0.0.1', port });
console.log(`listening on ${server.addr.address}:${server.addr.port}`);

async function echo(conn) {
  try {
    for await (const bytes of conn) await conn.write(bytes);
  } catch (err) {
    console.error(err.message); // the client went away
  } finally {
    conn.close();
  }
}

for await (const conn of server) echo(conn);
