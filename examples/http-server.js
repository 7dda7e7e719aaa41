// An HTTP server. Also try: curl -d '[1,2]' http://127.0.0.1:8080/sum
//
//   wqjs --allow-listen=127.0.0.1:8080 --allow-read=examples/http-server.js examples/http-server.js
import { createServer } from 'wqjs:http';

const port = Number(scriptArgs[1] ?? 8080);

async function handle(req, res) {
  switch (`${req.method} ${req.path}`) {
    case 'GET /':
      res.setHeader('Content-Type', 'text/plain');
      return res.end('Hello from wqjs:http\n');
    case 'POST /sum': {
      const numbers = await req.json({ limit: 10_000 });
      res.setHeader('Content-Type', 'application/json');
      return res.end(JSON.stringify({ sum: numbers.reduce((a, b) => a + b, 0) }));
    }
    case 'GET /count': // in chunks; write() waits when the client is slow
      for (let i = 0; i < 5; i++) await res.write(`${i}\n`);
      return res.end();
    case 'GET /source': // from the file to the socket
      return res.file(scriptArgs[0]);
  }
  res.statusCode = 404;
  return res.end('Not found\n');
}

createServer(handle).listen({ host: '127.0.0.1', port }, () => console.log(`http://127.0.0.1:${port}/`));
