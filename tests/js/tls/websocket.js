// WebSocket over TLS: wss: URLs.
import { connect, pipe } from 'wqjs:net';
import { WebSocket } from 'wqjs:ws';
import { assertEquals, test } from '../assert.js';
import { client, echo, serving } from '../ws/_util.js';
import { ca, withServer } from './_util.js';

// Ends TLS before a server without it, for one connection.
async function proxy(listener, port) {
  const a = await listener.accept();
  const b = await connect({ host: '127.0.0.1', port });
  await Promise.allSettled([pipe(a, b), pipe(b, a)]);
  a.close();
  b.close();
}

test('wss:', async () => {
  await serving({}, echo, ({ port }) => withServer({}, async (listener, tlsPort) => {
    const url = `wss://127.0.0.1:${tlsPort}/`;
    let done = proxy(listener, port);
    const ws = client(WebSocket, url, [], { tls: { ca } });
    await ws.opened;
    ws.send('secret');
    assertEquals(await ws.next(), 'secret');
    ws.close(1000);
    assertEquals((await ws.ended).wasClean, true);
    await done;
    done = proxy(listener, port);
    const wary = client(WebSocket, url);
    let code;
    wary.onerror = (event) => (code = event.error.code);
    assertEquals((await wary.ended).code, 1006);
    assertEquals(code, 'ECERT');
    await done;
  }));
});
