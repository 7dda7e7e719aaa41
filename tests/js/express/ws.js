import express from 'wqjs:express';
import { WebSocket } from 'wqjs:ws';
import { assertEquals, assertThrows, test } from '../assert.js';

const listening = (app) => new Promise((resolve, reject) => {
  const server = app.listen(0, '127.0.0.1', (error) => (error ? reject(error) : resolve(server)));
});

/** How a connection ends: what came, and the close code. */
function session(server, path, headers) {
  return new Promise((resolve) => {
    const seen = [];
    const ws = new WebSocket(`ws://127.0.0.1:${server.address().port}${path}`, [], { headers });
    ws.onmessage = ({ data }) => seen.push(data);
    ws.onclose = ({ code }) => resolve({ seen, code });
  });
}

test('app.ws: parameters, options, other paths, and requests beside it', async () => {
  const app = express();
  app.get('/', (req, res) => res.send('page'));
  app.ws('/rooms/:room', (ws, req) => {
    ws.send(`${req.params.room} ${req.query.name} ${req.get('x-token')}`);
    ws.close(4000);
  });
  app.ws(/^\/any\/(\d+)$/, (ws, req) => ws.send(req.params[0]).then(() => ws.close(4001)));
  app.ws('/closed', { verify: (req) => (req.get('x-token') === 'right' ? true : 401) }, (ws) => ws.close(4002));
  app.ws('/broken', () => {
    throw new Error('on purpose');
  });
  const errors = console.error;
  console.error = () => {};
  const server = await listening(app);
  try {
    assertEquals(await session(server, '/rooms/a%20b?name=x', { 'X-Token': 't' }), { seen: ['a b x t'], code: 4000 });
    assertEquals(await session(server, '/any/12'), { seen: ['12'], code: 4001 });
    assertEquals(await session(server, '/any/x'), { seen: [], code: 1006 });
    assertEquals(await session(server, '/rooms/%zz'), { seen: [], code: 1006 });
    assertEquals(await session(server, '/closed', { 'X-Token': 'wrong' }), { seen: [], code: 1006 });
    assertEquals(await session(server, '/closed', { 'X-Token': 'right' }), { seen: [], code: 4002 });
    assertEquals((await session(server, '/broken')).code, 1011);
    assertEquals(await (await app.request('/')).text(), 'page');
    assertEquals((await app.request('/rooms/a')).status, 404);
  } finally {
    console.error = errors;
    await server.close({ graceful: false });
  }
});

test('app.ws: wrong arguments', () => {
  const app = express();
  assertThrows(() => app.ws('/a'), TypeError, 'needs a handler');
  assertThrows(() => app.ws('/a', { maxPayload: -1 }, () => {}), RangeError);
  assertThrows(() => app.ws('/a/:', () => {}), TypeError);
  assertThrows(() => app.ws(5, () => {}), TypeError);
});
