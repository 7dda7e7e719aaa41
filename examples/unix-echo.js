// Echo over a Unix socket.
//
//   wqjs --allow-unix=/tmp/echo.sock examples/unix-echo.js /tmp/echo.sock
//   nc -U /tmp/echo.sock
import { listen } from 'wqjs:net';

const path = scriptArgs[1] ?? '/tmp/echo.sock';
const server = listen({ path });
console.log(`listening on ${path}`);

for await (const conn of server) {
  (async () => {
    try {
      for await (const bytes of conn) await conn.write(bytes);
    } catch (err) {
      console.error(err.message);
    }
    conn.close();
  })();
}
