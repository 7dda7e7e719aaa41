// A WebSocket echo server, and a client of it.
//
//   wqjs --allow-listen=127.0.0.1:8080 examples/ws-echo.js
//   wqjs --allow-connect=127.0.0.1:8080 examples/ws-echo.js 8080 hello
import { createServer } from 'wqjs:http';
import { WebSocketServer } from 'wqjs:ws';

const port = Number(scriptArgs[1] ?? 8080);
const text = scriptArgs[2];
const url = `ws://127.0.0.1:${port}/echo`;

if (text === undefined) {
  const server = createServer((req, res) => res.end('Connect by WebSocket to /echo\n'));
  const sockets = new WebSocketServer({ server, path: '/echo', perMessageDeflate: true });
  sockets.on('connection', async (ws) => {
    for await (const message of ws) await ws.send(message); // at the pace of the slower side
  });
  server.listen({ host: '127.0.0.1', port }, () => console.log(url));
} else {
  const ws = new WebSocket(url);
  ws.onopen = () => ws.send(text);
  ws.onmessage = ({ data }) => {
    console.log(data);
    ws.close(1000);
  };
  ws.onerror = ({ message }) => console.error(message);
}
