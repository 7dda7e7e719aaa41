import { test, assert, assertEquals as equal, assertThrows as throws, assertRejects as rejects } from '../assert.js';
import { connect } from 'wqjs:net';
import { createServer, IncomingMessage, METHODS, ServerResponse, STATUS_CODES } from 'wqjs:http';

const decoder = new TextDecoder();

// Sends the text and gives all that comes until the server closes.
async function talk(server, text) {
  const conn = await connect({ host: '127.0.0.1', port: server.address().port });
  await conn.write(text);
  let out = '';
  for await (const bytes of conn) out += decoder.decode(bytes, { stream: true });
  conn.close();
  return out;
}

async function serving(options, handler, run) {
  const server = createServer(options, handler);
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  try {
    return await run(server);
  } finally {
    await server.close({ graceful: false });
  }
}

test('a request and its response over a socket', () =>
  serving({}, (req, res) => {
    equal(req.remoteAddress, '127.0.0.1');
    equal(req.localAddress, '127.0.0.1');
    res.setHeader('Content-Type', 'text/plain');
    res.end(`${req.method} ${req.path} ${req.query.b} ${req.httpVersion}`);
  }, async (server) => {
    const answer = await talk(server, 'GET /a?b=%20c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    assert(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\nContent-Length: 13\r\nConnection: close\r\n\r\nGET \/a  c 1\.1$/.test(answer), answer);
  }));

test('inject: headers, query, body', async () => {
  const server = createServer(async (req, res) => {
    res.setHeader('Set-Cookie', ['a=1', 'b=2']);
    res.statusCode = 201;
    const { method, url, path, query, headers, rawHeaders } = req;
    res.end(JSON.stringify({ method, url, path, query, headers, rawHeaders, body: await req.json() }));
  });
  const res = await server.inject({ method: 'POST', url: '/p?q=1', headers: { 'X-Y': ['1', '2'] }, body: '{"ü":1}' });
  equal(res.status, 201);
  equal(res.statusText, 'Created');
  equal(res.headers['set-cookie'], ['a=1', 'b=2']);
  const seen = res.json();
  equal(seen.headers, { host: 'localhost', connection: 'close', 'x-y': '1, 2', 'content-length': '8' });
  equal(seen.body, { ü: 1 });
  equal(seen.query, { q: '1' });
});

test('prototypes of requests and responses can be extended', async () => {
  const requestPrototype = Object.create(IncomingMessage.prototype, { shout: { get() { return this.path.toUpperCase(); } } });
  const responsePrototype = Object.create(ServerResponse.prototype, { send: { value(x) { this.end(x); } } });
  const server = createServer({ requestPrototype, responsePrototype }, (req, res) => {
    equal(res.req, req);
    equal(req.res, res);
    assert(req instanceof IncomingMessage && res instanceof ServerResponse);
    res.send(req.shout);
  });
  equal((await server.inject('/abc')).text(), '/ABC');
  throws(() => createServer({ requestPrototype: {} }), TypeError);
});

test('pipelined requests are answered in order', () =>
  serving({}, async (req, res) => {
    if (req.path === '/1') await new Promise((resolve) => setTimeout(resolve, 20));
    res.end(req.path);
  }, async (server) => {
    const one = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    const answer = await talk(server, one('/1') + one('/2') + one('/3', 'Connection: close\r\n'));
    equal(answer.match(/\/\d$|\/\d(?=HTTP)/g), ['/1', '/2', '/3']);
  }));

test('write() makes chunks, addTrailers() follows them', () =>
  serving({}, async (req, res) => {
    await res.write('one');
    await res.write(new Uint8Array([65, 66]));
    res.addTrailers({ 'X-Sum': '5' });
    res.end();
  }, async (server) => {
    const answer = await talk(server, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    assert(answer.includes('\r\nTransfer-Encoding: chunked\r\n'), answer);
    equal(answer.slice(answer.indexOf('\r\n\r\n') + 4), '3\r\none\r\n2\r\nAB\r\n0\r\nX-Sum: 5\r\n\r\n');
  }));

test('an error of the handler is a 500 and reaches "error"', async () => {
  const errors = [];
  const server = createServer((req, res) => {
    res.setHeader('X-Half', '1');
    if (req.path === '/async') return Promise.reject(new Error('later'));
    throw new Error('now');
  }).on('error', (error) => errors.push(error.message));
  for (const path of ['/', '/async']) {
    const { status, headers } = await server.inject(path);
    equal(status, 500);
    equal(headers['x-half'], undefined);
  }
  equal(errors, ['now', 'later']);
});

test('STATUS_CODES and METHODS', () => {
  equal(STATUS_CODES[404], 'Not Found');
  assert(METHODS.includes('PATCH') && METHODS.includes('M-SEARCH'));
});

test('the classes cannot be made by scripts', () => {
  throws(() => new IncomingMessage(), TypeError);
  throws(() => new ServerResponse(), TypeError);
  return rejects(async () => IncomingMessage.prototype.url, TypeError);
});
