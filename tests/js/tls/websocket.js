// WebSocket over TLS: wss: URLs, and a server that listens with TLS.
import { createServer } from 'wqjs:http';
import { WebSocket, WebSocketServer } from 'wqjs:ws';
import { assertEquals, test } from '../assert.js';
import { client, echo } from '../ws/_util.js';
import { ca, server } from './_util.js';

test('wss:', async () => {
  const http = createServer();
  await new Promise((resolve) => http.listen({ port: 0, host: '127.0.0.1', tls: server }, resolve));
  const wss = new WebSocketServer({ server: http, closeTimeout: 300 });
  wss.on('connection', echo);
  const url = `wss://127.0.0.1:${http.address().port}/`;
  const ws = client(WebSocket, url, [], { tls: { ca } });
  await ws.opened;
  const big = 'secret'.repeat(50_000);
  for (const text of ['secret', big]) {
    ws.send(text);
    assertEquals(await ws.next(), text);
  }
  ws.close(1000);
  assertEquals((await ws.ended).wasClean, true);
  const wary = client(WebSocket, url);
  let code;
  wary.onerror = (event) => (code = event.error.code);
  assertEquals((await wary.ended).code, 1006);
  assertEquals(code, 'ECERT');
  await wss.close();
  await http.close({ graceful: false });
});
