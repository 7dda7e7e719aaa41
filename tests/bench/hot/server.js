// An app and its clients in one script, for scripts/hot-functions.sh.
import express from 'wqjs:express';
import { connect } from 'wqjs:net';
import { WebSocket } from 'wqjs:ws';

const seconds = Number(scriptArgs[1] ?? 8);
const app = express();
app.use(express.json());
app.use(express.urlencoded({ extended: true }));
app.get('/', (req, res) => res.send('Hello'));
app.get('/users/:id', (req, res) => res.json({ id: req.params.id, query: req.query, list: [1, 2.5, 'three', null, true] }));
app.post('/echo', (req, res) => res.json(req.body));
app.get('/stream', async (req, res) => {
  for (let i = 0; i < 20; i++) res.write('x'.repeat(1000));
  res.end();
});
app.get('/error', () => { throw new Error('no'); });
app.ws('/chat', (socket) => { socket.on('message', (data) => socket.send(data)); });
app.set('env', 'test');
const server = app.listen(0, '127.0.0.1', run);

const get = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: hot/1\r\nAccept: */*\r\nCookie: a=b; c=d\r\n${more}\r\n`;
const post = (type, body) => `POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const requests = [
  get('/'), get('/users/12?name=Ada%20L&tag=a&tag=b'),
  post('application/json', '{"a":[1,2,3],"b":"text \\u00e9 \\"quoted\\"","c":{"d":null,"e":1.5}}'),
  post('application/x-www-form-urlencoded', 'a=1&b=two+words'),
  get('/stream'), get('/error'),
];

// Each request alone, ten times, and then all at once.
async function client(port, end) {
  while (Date.now() < end) {
    const c = await connect({ port, host: '127.0.0.1' });
    const buffer = new Uint8Array(65536);
    for (let i = 0; i < 10; i++) {
      for (const request of requests.slice(0, 4)) {
        await c.write(request);
        await c.read(buffer);
      }
    }
    await c.write(requests.join('') + get('/', 'Connection: close\r\n'));
    while (await c.read(buffer) !== null);
    c.close();
  }
}

async function chat(port, end) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
  while (Date.now() < end) {
    for (const message of ['hello', 'x'.repeat(2000), new Uint8Array(500)]) {
      const answer = new Promise((resolve) => { socket.onmessage = resolve; });
      socket.send(message);
      await answer;
    }
  }
  socket.close();
}

async function run() {
  const { port } = server.address(), end = Date.now() + seconds * 1000;
  await Promise.all([client(port, end), client(port, end), client(port, end), chat(port, end)]);
  server.close();
}
