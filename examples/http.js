// A small HTTP server on wqjs:net and parse_http_request.
//
//   wqjs --allow-listen=127.0.0.1:8080 examples/http.js
//   curl http://127.0.0.1:8080/hello?name=you
import { listen } from 'wqjs:net';
import { parse_http_request } from 'wqjs:sockets';

const MAX_REQUEST = 1 << 20;
const port = Number(scriptArgs[1] ?? 8080);

function handle(request) {
  if (request.path === '/hello') return [200, `Hello, ${request.query.name ?? 'world'}!\n`];
  if (request.path === '/echo') return [200, request.body];
  if (request.path === '/') return [200, 'Try /hello?name=you, or POST to /echo.\n'];
  return [404, 'Not found\n'];
}

const REASONS = { 200: 'OK', 400: 'Bad Request', 404: 'Not Found', 413: 'Content Too Large' };

async function respond(conn, status, body) {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  await conn.write(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\n` +
    `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`,
  );
  await conn.write(bytes);
}

// Reads until the request is whole, answers it, and closes.
async function serve(conn) {
  let data = new Uint8Array(0);
  try {
    conn.setTimeout?.(10_000);
    for await (const chunk of conn) {
      const joined = new Uint8Array(data.length + chunk.length);
      joined.set(data);
      joined.set(chunk, data.length);
      data = joined;
      const request = parse_http_request(data);
      if (request.complete) {
        const [status, body] = handle(request);
        console.log(`${conn.remoteAddr.address} ${request.method} ${request.url} ${status}`);
        await respond(conn, status, body);
        return;
      }
      if (data.length > MAX_REQUEST) {
        await respond(conn, 413, 'Too large\n');
        return;
      }
    }
  } catch (err) {
    if (err.status) await respond(conn, err.status, `${err.message}\n`).catch(() => {});
    else console.error(err.message);
  } finally {
    conn.close();
  }
}

const server = listen({ host: '127.0.0.1', port });
console.log(`listening on http://127.0.0.1:${server.addr.port}/`);
for await (const conn of server) serve(conn);
