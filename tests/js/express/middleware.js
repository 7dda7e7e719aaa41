import express, { basicAuth, compression, cors, health, httpError, logger, rateLimit, requestId, securityHeaders, sse, timeout } from 'wqjs:express';
import { connect } from 'wqjs:net';
import { assert, assertEquals, assertThrows, test } from '../assert.js';

function make(...middleware) {
  const app = express();
  app.set('env', 'test');
  if (middleware.length > 0) app.use(...middleware);
  return app;
}
const onError = (error, req, res, next) => res.status(error.status ?? 500).send(`error: ${error.message}`);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// ---- compression ----

const LONG = 'compress me '.repeat(500);

function compressed(options) {
  const app = make(compression(options));
  app.get('/', (req, res) => res.type('txt').send(LONG));
  app.get('/json', (req, res) => res.json({ text: LONG }));
  app.get('/small', (req, res) => res.type('txt').send('small'));
  app.get('/png', (req, res) => res.type('png').send(new Uint8Array(5000)));
  app.get('/kept', (req, res) => res.set('Cache-Control', 'no-transform').type('txt').send(LONG));
  app.get('/done', (req, res) => res.set('Content-Encoding', 'x').type('txt').send(LONG));
  app.get('/strong', (req, res) => res.set('ETag', '"s"').type('txt').send(LONG));
  app.get('/stream', async (req, res) => {
    res.type('txt');
    for (let i = 0; i < 5; i++) await res.write(LONG);
    res.end('end');
  });
  app.get('/nothing', (req, res) => res.type('txt').status(204).send(LONG));
  return app;
}

// Decoded by a request of its own: what the server takes, it has to understand.
const decoder = make();
decoder.post('/', express.text({ limit: '10mb' }), (req, res) => res.send(req.body));
async function decoded(res) {
  const encoding = res.headers.get('content-encoding');
  const headers = { 'content-type': 'text/plain', ...(encoding ? { 'content-encoding': encoding } : {}) };
  return (await decoder.request('/', { method: 'POST', body: await res.bytes(), headers })).text();
}

test('compression', async () => {
  const app = compressed();
  for (const encoding of ['gzip', 'deflate']) {
    for (const path of ['/', '/stream']) {
      const res = await app.request(path, { headers: { 'accept-encoding': encoding } });
      assertEquals([res.status, res.headers.get('content-encoding'), res.headers.get('vary')], [200, encoding, 'Accept-Encoding']);
      assert((await res.bytes()).length < 1000);
      assertEquals(await decoded(res), path === '/' ? LONG : `${LONG.repeat(5)}end`);
    }
  }
  const json = await app.request('/json', { headers: { 'accept-encoding': 'gzip' } });
  assertEquals(JSON.parse(await decoded(json)).text, LONG);
});

test('compression leaves alone', async () => {
  const app = compressed();
  const encoding = async (path, accept = 'gzip', init = {}) => (await app.request(path, { headers: { 'accept-encoding': accept }, ...init })).headers.get('content-encoding');
  assertEquals(await encoding('/', 'identity'), null);
  assertEquals(await encoding('/', 'gzip;q=0'), null);
  assertEquals(await encoding('/', 'zip'), null);
  assertEquals(await encoding('/small'), null);
  assertEquals(await encoding('/png'), null);
  assertEquals(await encoding('/kept'), null);
  assertEquals(await encoding('/done'), 'x');
  assertEquals(await encoding('/nothing'), null);
  assertEquals(await encoding('/', 'gzip', { method: 'HEAD' }), null);
  assertEquals((await app.request('/')).headers.get('vary'), 'Accept-Encoding');
  assertEquals((await app.request('/png')).headers.get('vary'), null);
  const strong = await app.request('/strong', { headers: { 'accept-encoding': 'gzip' } });
  assertEquals(strong.headers.get('etag'), 'W/"s"');
});

test('compression options', async () => {
  const encoding = async (options, path) => (await compressed(options).request(path, { headers: { 'accept-encoding': 'gzip, deflate' } })).headers.get('content-encoding');
  assertEquals(await encoding({ threshold: 1 }, '/small'), 'gzip');
  assertEquals(await encoding({ threshold: '1mb' }, '/'), null);
  assertEquals(await encoding({ encodings: ['deflate'] }, '/'), 'deflate');
  assertEquals(await encoding({ filter: () => true }, '/png'), 'gzip');
  assertEquals(await encoding({ level: 9 }, '/'), 'gzip');
  assertThrows(() => compression({ encodings: ['zip'] }), TypeError, 'zip');
});

test('compression beyond the limit of encoders', async () => {
  const app = make(compression());
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  let waiting = 0;
  app.get('/', async (req, res) => {
    res.type('txt').write(LONG);
    if (++waiting === 40) go();
    await gate;
    res.end(LONG);
  });
  const all = Array.from({ length: 40 }, () => app.request('/', { headers: { 'accept-encoding': 'gzip' } }));
  const encodings = (await Promise.all(all)).map((res) => res.headers.get('content-encoding'));
  assertEquals(encodings.filter((e) => e === 'gzip').length, 32);
  for (const res of await Promise.all(all)) assertEquals(await decoded(res), LONG + LONG);
});

// ---- cors ----

async function corsHeaders(options, init) {
  const app = make(cors(options));
  app.all('/', (req, res) => res.send('ok'));
  const res = await app.request('/', init);
  const out = { status: res.status };
  for (const name of Object.keys(res.headers)) if (name.startsWith('access-control') || name === 'vary') out[name.replace('access-control-', '')] = res.headers[name];
  return out;
}

test('cors', async () => {
  const from = (origin, more) => ({ headers: { origin, ...more } });
  assertEquals(await corsHeaders(undefined, from('http://a')), { status: 200, 'allow-origin': '*' });
  assertEquals(await corsHeaders({ origin: 'http://b' }, from('http://a')), { status: 200, vary: 'Origin', 'allow-origin': 'http://b' });
  assertEquals(await corsHeaders({ origin: true }, from('http://a')), { status: 200, vary: 'Origin', 'allow-origin': 'http://a' });
  assertEquals(await corsHeaders({ origin: true }, {}), { status: 200, vary: 'Origin' });
  assertEquals(await corsHeaders({ origin: false }, from('http://a')), { status: 200 });
  const list = ['http://x', /^https:\/\/\w+\.example$/];
  assertEquals(await corsHeaders({ origin: list }, from('https://a.example')), { status: 200, vary: 'Origin', 'allow-origin': 'https://a.example' });
  assertEquals(await corsHeaders({ origin: list }, from('https://a.example.evil')), { status: 200, vary: 'Origin' });
  assertEquals(await corsHeaders({ origin: async (o) => o === 'http://a' }, from('http://a')), { status: 200, vary: 'Origin', 'allow-origin': 'http://a' });
  assertEquals(await corsHeaders({ origin: 'http://a', credentials: true, exposedHeaders: ['X-A', 'X-B'] }, from('http://a')),
    { status: 200, vary: 'Origin', 'allow-origin': 'http://a', 'allow-credentials': 'true', 'expose-headers': 'X-A,X-B' });
  assertThrows(() => cors({ credentials: true }), TypeError, 'credentials');
});

test('cors preflight', async () => {
  const ask = { method: 'OPTIONS', headers: { origin: 'http://a', 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-test' } };
  assertEquals(await corsHeaders({ maxAge: 60 }, ask), {
    status: 204, 'allow-origin': '*', 'allow-methods': 'GET,HEAD,PUT,PATCH,POST,DELETE', vary: 'Access-Control-Request-Headers', 'allow-headers': 'x-test', 'max-age': '60',
  });
  assertEquals(await corsHeaders({ methods: ['GET', 'PUT'], allowedHeaders: 'X-Y', optionsSuccessStatus: 200 }, ask),
    { status: 200, 'allow-origin': '*', 'allow-methods': 'GET,PUT', 'allow-headers': 'X-Y' });
  assertEquals((await corsHeaders({ preflightContinue: true, allowedHeaders: 'X' }, ask)).status, 200);
  assertEquals(await corsHeaders({ origin: ['http://other'] }, ask), { status: 200, vary: 'Origin' });
});

// ---- the others ----

test('securityHeaders', async () => {
  const get = async (options) => (await make(securityHeaders(options), (req, res) => res.send('x')).request('/')).headers;
  const headers = await get();
  assertEquals(headers.get('x-content-type-options'), 'nosniff');
  assertEquals(headers.get('x-frame-options'), 'SAMEORIGIN');
  assertEquals(headers.get('cross-origin-embedder-policy'), null);
  assert(headers.get('content-security-policy').startsWith("default-src 'self'; base-uri 'self'"), headers.get('content-security-policy'));
  const own = await get({ frameOptions: 'DENY', strictTransportSecurity: false, contentSecurityPolicy: { 'default-src': ["'none'"], 'upgrade-insecure-requests': true, 'img-src': false } });
  assertEquals([own.get('x-frame-options'), own.get('strict-transport-security'), own.get('content-security-policy')],
    ['DENY', null, "default-src 'none'; upgrade-insecure-requests"]);
  assertThrows(() => securityHeaders({ frames: true }), TypeError, 'frames');
});

test('rateLimit', async () => {
  const app = make(rateLimit({ limit: 2, window: '1m', key: (req) => req.get('x-key'), skip: (req) => req.path === '/free', maxKeys: 2 }));
  app.use((req, res) => res.send('ok'), onError);
  const ask = async (key, path = '/') => app.request(path, { headers: { 'x-key': key } });
  const first = await ask('a');
  assertEquals([first.status, first.headers.get('ratelimit-limit'), first.headers.get('ratelimit-remaining')], [200, '2', '1']);
  assertEquals((await ask('a')).headers.get('ratelimit-remaining'), '0');
  const over = await ask('a');
  assertEquals([over.status, Number(over.headers.get('retry-after')) > 0], [429, true]);
  assertEquals((await ask('a', '/free')).status, 200);
  assertEquals((await ask('b')).status, 200);
  assertEquals((await ask('c')).status, 200); // the oldest, a, is forgotten
  assertEquals((await ask('a')).status, 200);
  const custom = make(rateLimit({ limit: 0, headers: false, handler: (req, res) => res.status(418).end() }));
  const res = await custom.request('/');
  assertEquals([res.status, res.headers.has('ratelimit-limit')], [418, false]);
  const short = make(rateLimit({ limit: 1, window: 20, key: () => 'x' }), (req, res) => res.send('ok'));
  short.use(onError);
  for (const status of [200, 429, 200]) { // soon, or once the window has passed
    while ((await short.request('/')).status !== status);
  }
  assertThrows(() => rateLimit({ window: 0 }), TypeError, 'window');
});

test('requestId', async () => {
  const app = make(requestId(), (req, res) => res.send(req.id));
  const a = await app.request('/', { headers: { 'x-request-id': 'mine' } });
  assert(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(await a.text()), await a.text());
  assertEquals(a.headers.get('x-request-id'), await a.text());
  assert((await (await app.request('/')).text()) !== (await a.text()));
  const trusting = make(requestId({ trust: true, header: 'X-Id', generate: () => 'made' }), (req, res) => res.send(req.id));
  assertEquals(await (await trusting.request('/', { headers: { 'x-id': 'given-1' } })).text(), 'given-1');
  assertEquals(await (await trusting.request('/', { headers: { 'x-id': 'a b"' } })).text(), 'made');
});

test('timeout', async () => {
  const app = make(timeout(20));
  app.get('/slow', async (req, res) => {
    await sleep(60);
    if (!req.timedout) res.send('too late');
  });
  app.get('/fast', (req, res) => res.send('fast'));
  app.use(onError);
  const res = await app.request('/slow');
  assertEquals([res.status, await res.text()], [503, 'error: Response timeout']);
  assertEquals(await (await app.request('/fast')).text(), 'fast');
  await sleep(60);
  const own = make(timeout('10ms', { status: 504 }), () => {});
  own.use(onError);
  assertEquals((await own.request('/')).status, 504);
  assertThrows(() => timeout('soon'), TypeError, 'soon');
});

test('basicAuth', async () => {
  const app = make(basicAuth({ users: { me: 'sécret', you: 'other' }, realm: 'the "realm"' }), (req, res) => res.send(req.user));
  app.use((error, req, res, next) => res.set(error.headers).status(error.status).end());
  const ask = async (text) => {
    const res = await app.request('/', text === undefined ? {} : { headers: { authorization: text } });
    return [res.status, await res.text()];
  };
  const basic = (text) => `Basic ${new TextEncoder().encode(text).toBase64()}`;
  assertEquals(await ask(basic('me:sécret')), [200, 'me']);
  assertEquals(await ask(basic('you:other')), [200, 'you']);
  for (const wrong of [undefined, basic('me:other'), basic('me'), basic(':'), basic('nobody:x'), 'Basic !', 'Bearer x', basic('constructor:x')]) {
    assertEquals((await ask(wrong))[0], 401, wrong);
  }
  assertEquals((await app.request('/')).headers.get('www-authenticate'), 'Basic realm="the \\"realm\\"", charset="UTF-8"');
  const checked = make(basicAuth({ check: async (name, password) => name === password }), (req, res) => res.send('in'));
  checked.use(onError);
  assertEquals((await checked.request('/', { headers: { authorization: basic('x:x') } })).status, 200);
  assertEquals((await checked.request('/', { headers: { authorization: basic('x:y') } })).status, 401);
  assertThrows(() => basicAuth(), TypeError, 'users');
});

test('health', async () => {
  let up = true;
  const app = make(health({ checks: { db: () => {
    if (!up) throw new Error('down');
  }, slow: () => new Promise((resolve) => setTimeout(resolve, up ? 0 : 100)) }, timeout: 20, details: true }));
  const good = await app.request('/health');
  const body = await good.json();
  assertEquals([good.status, body.status, body.checks], [200, 'ok', { db: 'ok', slow: 'ok' }]);
  assertEquals(good.headers.get('cache-control'), 'no-store');
  up = false;
  const bad = await app.request('/health');
  assertEquals([bad.status, (await bad.json()).checks], [503, { db: 'down', slow: 'no answer in 20 ms' }]);
  assertEquals((await app.request('/other')).status, 404);
  assertEquals((await make(health({ path: '/up' })).request('/up')).status, 200);
  const quiet = make(health({ checks: { x: () => Promise.reject(new Error('secret')) } }));
  assertEquals((await (await quiet.request('/health')).json()).checks, { x: 'failed' });
  await sleep(100);
});

test('logger', async () => {
  const lines = [];
  const app = make(logger({ write: (line) => lines.push(line), skip: (req) => req.url === '/quiet' }));
  app.use((req, res) => res.status(201).send('four'));
  await app.request('/a?b=c');
  await app.request('/quiet');
  await sleep(5);
  assertEquals(lines.length, 1);
  assert(/^GET \/a\?b=c 201 4 - \d+\.\d ms$/.test(lines[0]), lines[0]);
  const of = async (format) => {
    lines.length = 0;
    await make(logger({ format, write: (line) => lines.push(line) }), (req, res) => res.send('x')).request('/', { headers: { 'user-agent': 'a"b', referer: 'r' } });
    await sleep(5);
    return lines[0];
  };
  assert(/^127\.0\.0\.1 - - \[[^\]]+\] "GET \/ HTTP\/1\.1" 200 1$/.test(await of('common')), lines[0]);
  assert((await of('combined')).endsWith('200 1 "r" "a\\x22b"'), lines[0]);
  const entry = JSON.parse(await of('json'));
  assertEquals([entry.method, entry.url, entry.status, entry.length], ['GET', '/', 200, 1]);
  assertEquals(await of((e) => `${e.method}!`), 'GET!');
  let all;
  const full = make(requestId({ generate: () => 'id-1' }), logger((e) => (all = e).method), basicAuth({ users: { me: 'x' } }));
  full.get('/', (req, res) => res.send('x'));
  await full.request('/', { headers: { authorization: `Basic ${btoa('me:x')}`, 'user-agent': 'agent', referer: 'from' } });
  await sleep(5);
  const { time, ms, ...rest } = all;
  assertEquals([new Date(time).toISOString(), ms >= 0], [time, true]);
  assertEquals(rest, {
    address: '127.0.0.1', user: 'me', method: 'GET', url: '/', httpVersion: '1.1', status: 200, length: 1, aborted: undefined,
    referrer: 'from', userAgent: 'agent', id: 'id-1',
  });
  assertThrows(() => logger('long'), TypeError, 'long');
});

test('server-sent events', async () => {
  const app = make();
  app.get('/events', sse(async (events, req) => {
    events.send('plain');
    events.send({ json: true }, { event: 'update', id: 7, retry: 1000 });
    events.send('two\nlines\r\nthree');
    events.comment('note');
    assertThrows(() => events.send('x', { id: 'a\nb' }), TypeError, 'one line');
    events.send(`last ${events.lastEventId}`);
    events.close();
    assertEquals([events.send('late'), events.isOpen], [false, false]);
    await events.closed;
  }, { retry: 500 }));
  const res = await app.request('/events', { headers: { 'last-event-id': '6' } });
  assertEquals([res.headers.get('content-type'), res.headers.get('cache-control')], ['text/event-stream; charset=utf-8', 'no-cache, no-transform']);
  assertEquals(await res.text(), [
    'retry: 500\n\n', 'data: plain\n\n', 'event: update\nid: 7\nretry: 1000\ndata: {"json":true}\n\n',
    'data: two\ndata: lines\ndata: three\n\n', ': note\n\n', 'data: last 6\n\n',
  ].join(''));
  assertThrows(() => sse(), TypeError, 'function');
  const beats = make();
  beats.get('/', async (req, res) => {
    const events = res.sse({ heartbeat: 5 });
    for (let i = 0; i < 8; i++) await sleep(5); // of which one may be late, and then all
    events.close();
  });
  assert((await (await beats.request('/')).text()).startsWith(': \n\n: \n\n'));
});

test('httpError', async () => {
  const error = httpError(404, 'no such thing', { code: 'X' });
  assertEquals([error.status, error.statusCode, error.message, error.expose, error.code], [404, 404, 'no such thing', true, 'X']);
  assertEquals([httpError(503).message, httpError(503).expose], ['Service Unavailable', false]);
});

const listening = (app) => new Promise((resolve) => {
  const s = app.listen(0, '127.0.0.1', () => resolve(s));
});
const ask = async (server) => {
  const conn = await connect({ host: '127.0.0.1', port: server.address().port });
  await conn.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return conn;
};

test('logger: a client that leaves', async () => {
  const logged = Promise.withResolvers();
  const begun = Promise.withResolvers();
  const server = await listening(make(logger({ format: logged.resolve, write() {} }), (req, res) => {
    req.on('close', () => res.destroy());
    begun.resolve();
  }));
  const conn = await ask(server);
  await begun.promise;
  conn.close();
  const { aborted, status, length } = await logged.promise;
  assertEquals([aborted, status, length], [true, null, 0]);
  await server.close();
});

test('sse: a client that does not read is let go', async () => {
  const app = make();
  const gone = Promise.withResolvers();
  app.get('/', sse(async (events) => {
    let sent = 0;
    for (; events.isOpen && sent < 1e4; sent++) {
      events.send('x'.repeat(20_000));
      if (sent % 50 === 49) await sleep(0);
    }
    gone.resolve(sent);
  }, { maxQueued: 100_000 }));
  const server = await listening(app);
  const conn = await ask(server);
  assert((await gone.promise) < 1e4);
  conn.close();
  await server.close();
});

test('sse: a client that leaves while nothing is sent', async () => {
  const app = make();
  const gone = Promise.withResolvers();
  app.get('/', sse(async (events) => {
    await events.closed;
    gone.resolve(events.isOpen);
  }, { heartbeat: 0 }));
  const server = await new Promise((resolve) => {
    const s = app.listen(0, '127.0.0.1', () => resolve(s));
  });
  const conn = await connect({ host: '127.0.0.1', port: server.address().port });
  await conn.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await conn.read();
  conn.close();
  assertEquals(await gone.promise, false);
  await server.close();
});
