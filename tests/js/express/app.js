import express, { express as named, Router } from 'express';
import * as library from 'wqjs:express';
import { connect } from 'wqjs:net';
import { assert, assertEquals, assertRejects, assertThrows, test } from '../assert.js';

function make() {
  const app = express();
  app.set('env', 'test');
  return app;
}
const text = async (app, url, init) => (await app.request(url, init)).text();

test('the module', () => {
  assert(express === named && express === library.default && Router === express.Router);
  for (const name of Object.keys(library)) {
    if (name !== 'default' && name !== 'express') assertEquals(express[name] === library[name], true, name);
  }
});

// ---- the interface of the native C module's express.js ----

test('a REST application', async () => {
  const app = make();
  const db = { users: [{ id: 1, name: 'Ann' }] };
  app.use((req, res, next) => {
    res.set('X-Path', `${req.method} ${req.path}`);
    next();
  });
  app.get('/api/users/:id', (req, res) => {
    const user = db.users.find((u) => u.id == req.params.id);
    res.json(user || { error: 'Not found' }, 404);
  });
  app.post('/api/users', (req, res) => {
    const newUser = { id: 2, ...req.body };
    db.users.push(newUser);
    res.status(201).json(newUser);
  });
  let res = await app.request('/api/users/1');
  assertEquals([res.status, await res.json(), res.headers.get('x-path')], [404, { id: 1, name: 'Ann' }, 'GET /api/users/1']);
  res = await app.request('/api/users', { method: 'POST', body: { name: 'Bob' } });
  assertEquals([res.status, await res.json()], [201, { id: 2, name: 'Bob' }]);
  assertEquals((await (await app.request('/api/users/2')).json()).name, 'Bob');
});

test('response helpers', async () => {
  const app = make();
  app.get('/html', (req, res) => res.html('<b>'));
  app.get('/text', (req, res) => res.text('t'));
  app.get('/no', (req, res) => res.setNoCache().end());
  app.get('/cache', (req, res) => res.setCache(60).end('x'));
  app.get('/hour', (req, res) => res.setCache().end());
  app.get('/cors', (req, res) => res.setCors().end());
  app.get('/cors1', (req, res) => res.setCors('http://a').end());
  app.get('/moved', (req, res) => res.redirect('/x', true));
  app.get('/debug', (req, res) => res.status(202).debug().end());
  app.get('/sent', (req, res) => {
    const before = res.sent;
    res.send('x');
    seen.push(before, res.sent);
  });
  app.get('/client', (req, res) => res.json([req.clientInfo.address, typeof req.clientInfo.port, req.get('HOST')]));
  const seen = [];
  const { log } = console;
  console.log = (...args) => seen.push(args);
  const headers = async (url) => (await app.request(url)).headers;
  assertEquals((await headers('/html')).get('content-type'), 'text/html; charset=utf-8');
  assertEquals((await headers('/text')).get('content-type'), 'text/plain; charset=utf-8');
  const no = await headers('/no');
  assertEquals([no.get('cache-control'), no.get('pragma'), no.get('expires')], ['no-store, no-cache, must-revalidate, proxy-revalidate', 'no-cache', '0']);
  assertEquals((await headers('/cache')).get('cache-control'), 'public, max-age=60');
  assertEquals((await headers('/hour')).get('cache-control'), 'public, max-age=3600');
  const any = await headers('/cors');
  assertEquals([any.get('access-control-allow-origin'), any.get('access-control-allow-credentials')], ['*', null]);
  const one = await headers('/cors1');
  assertEquals([one.get('access-control-allow-origin'), one.get('access-control-allow-credentials'), one.get('vary')], ['http://a', 'true', 'Origin']);
  assertEquals((await app.request('/moved')).status, 301);
  await app.request('/debug');
  console.log = log;
  assertEquals([seen[0][0], seen[0][1].statusCode], ['Response:', 202]);
  await app.request('/sent');
  assertEquals(seen.slice(1), [false, true]);
  assertEquals(await (await app.request('/client')).json(), ['127.0.0.1', 'number', 'localhost']);
});

// ---- settings ----

test('settings', () => {
  const app = express();
  assertEquals([app.get('env'), app.get('x-powered-by'), app.get('etag'), app.get('query parser'), app.get('subdomain offset')],
    ['development', false, 'weak', 'simple', 2]);
  assertEquals([app.set('a', 1) === app, app.set('a'), app.get('a'), app.get('none')], [true, 1, 1, undefined]);
  assertEquals([app.enable('b').enabled('b'), app.disabled('b'), app.disable('b').disabled('b')], [true, false, true]);
  assertEquals(app.locals.settings, app.settings);
  assertThrows(() => app.set('etag', 'other'), TypeError, 'etag');
  assertThrows(() => app.set('query parser', 'other'), TypeError, 'query parser');
  assertThrows(() => app.set('trust proxy', '1.2.3'), TypeError, 'invalid IP address');
  assertThrows(() => app.set('trust proxy', '10.0.0.0/33'), TypeError, 'invalid range');
  assertThrows(() => app.use(), TypeError, 'app.use() requires');
  assertThrows(() => app.get('/', 'x'), TypeError, 'string');
  assertThrows(() => app.get('/:a:b', () => {}), TypeError, 'Missing text');
  assertThrows(() => app.get('/*', () => {}), TypeError, 'Missing parameter name');
  assertThrows(() => app.get('/a(b)', () => {}), TypeError, 'Unexpected');
  assertThrows(() => app.get(`/${'{/:a}'.repeat(20)}`, () => {}), TypeError, 'Too many optional parts');
  assertThrows(() => app.param('x', 1), TypeError, 'function');
});

test('settings of sub-applications', async () => {
  const app = make();
  const sub = express();
  app.set('trust proxy', true).set('json spaces', 1).set('own', 'outer');
  app.enable('x-powered-by');
  app.use('/sub', sub);
  sub.get('/', (req, res) => res.json([req.ip, sub.get('own'), sub.get('env')]));
  const res = await app.request('/sub', { headers: { 'x-forwarded-for': '1.2.3.4' } });
  assertEquals(await res.text(), '[\n "1.2.3.4",\n "outer",\n "development"\n]');
  assertEquals(res.headers.get('x-powered-by'), 'wqjs');
  const deep = express();
  sub.use(['/a', '/b'], deep);
  assertEquals([deep.path(), deep.mountpath, deep.parent === sub], ['/sub/a,/b', ['/a', '/b'], true]);
});

test('events', () => {
  const app = express();
  const seen = [];
  const listener = (x) => seen.push(x);
  app.on('e', listener).once('e', (x) => seen.push(`once ${x}`));
  assertEquals([app.emit('e', 1), app.emit('e', 2), app.off('e', listener).emit('e', 3), app.emit('other')], [true, true, false, false]);
  assertEquals(seen, [1, 'once 1', 2]);
});

test('the final handler', async () => {
  const { error } = console;
  const printed = [];
  console.error = (...args) => printed.push(String(args[0]));
  try {
    const app = express();
    app.get('/secret', () => {
      throw new Error('the secret <b>');
    });
    app.get('/400', (req, res, next) => next(Object.assign(new Error('x'), { status: 400 })));
    app.get('/half', async (req, res) => {
      res.write('begun');
      throw new Error('in the middle');
    });
    const open = await text(app, '/secret');
    assert(open.includes('the secret &lt;b&gt;<br>') && open.includes('app.js'), open);
    app.set('env', 'production');
    const res = await app.request('/secret');
    assertEquals([res.status, (await res.text()).includes('secret')], [500, false]);
    await app.request('/400');
    assertEquals([printed.length, printed[0].startsWith('Error: the secret')], [2, true]);
    await assertRejects(app.request('/half')); // cut off, so that nobody takes it for the whole
  } finally {
    console.error = error;
  }
});

// ---- cookies ----

test('signed cookies', async () => {
  const app = make();
  app.set('cookie secret', ['new', 'old']);
  app.get('/set', (req, res) => res.cookie('a', 'value', { signed: true }).cookie('o', { x: 1 }, { signed: true }).end());
  app.get('/get', (req, res) => res.json([req.cookies, req.signedCookies]));
  const set = (await app.request('/set')).headers.getSetCookie();
  const cookie = set.map((line) => line.split(';', 1)[0]).join('; ');
  assertEquals(decodeURIComponent(set[0].split(/[=;]/)[1]), 's:value.DNYTZtd0eVOhiRwR6ZKkn50LriTHigO1ybYLVVZLHus'); // as cookie-signature makes it
  const get = async (header) => (await app.request('/get', { headers: { cookie: header } })).json();
  assertEquals(await get(`${cookie}; plain=1; j=j:[1]`), [{ plain: '1', j: [1] }, { a: 'value', o: { x: 1 } }]);
  assertEquals(await get('a=s%3Avalue.forged'), [{}, { a: false }]);
  assertEquals(await get(''), [{}, {}]);
  const old = make();
  old.use(express.cookieParser('old'));
  old.get('/set', (req, res) => res.cookie('a', 'older', { signed: true }).json([req.secret]));
  const [line] = (await old.request('/set')).headers.getSetCookie();
  assertEquals(await get(line.split(';', 1)[0]), [{}, { a: 'older' }]);
  const none = make();
  none.get('/', (req, res) => res.cookie('a', 'b', { signed: true }).end());
  none.use((error, req, res, next) => res.status(500).send(error.message));
  assert((await text(none, '/')).includes('secret'));
});

test('cookies', async () => {
  const app = make();
  app.get('/', (req, res) => res.json(req.cookies));
  const parse = async (cookie) => (await app.request('/', { headers: { cookie } })).json();
  assertEquals(await parse('a=1; b="q"; a=2; c; =d; e=%20%zz; f=%C3%BC; g='), { a: '1', b: 'q', '': 'd', e: '%20%zz', f: 'ü', g: '' });
  assertEquals(Object.keys(await parse('__proto__=1; toString=2')), ['__proto__', 'toString']);
  app.get('/age', (req, res) => res.cookie('a', 'b', { maxAge: 90500 }).end());
  const [line] = (await app.request('/age')).headers.getSetCookie();
  assert(/^a=b; Max-Age=90; Path=\/; Expires=\w{3}, /.test(line), line);
});

// ---- streams, lazy values, order ----

test('stream', async () => {
  const app = make();
  app.get('/', (req, res) => res.type('txt').stream((async function* () {
    for (let i = 0; i < 3; i++) yield `part ${i}\n`;
  })()));
  app.get('/bad', (req, res) => res.stream((async function* () {
    throw new Error('at once');
  })()));
  app.get('/cut', (req, res) => res.stream((async function* () {
    yield 'x';
    throw new Error('later');
  })()));
  app.use((error, req, res, next) => res.status(500).send(error.message));
  assertEquals(await text(app, '/'), 'part 0\npart 1\npart 2\n');
  assertEquals(await text(app, '/bad'), 'at once');
  await assertRejects(app.request('/cut'));
});

test('values that can be replaced', async () => {
  const app = make();
  app.use((req, res, next) => {
    req.query = { mine: 1 };
    req.params = { also: 2 };
    req.body = 'body';
    req.ip = '9.9.9.9';
    req.custom = true;
    res.locals = { x: 1 };
    next();
  });
  app.get('/:id', (req, res) => res.json([req.query, req.params, req.body, req.ip, req.custom, res.locals, req.socket.remoteAddress]));
  assertEquals(await (await app.request('/5?a=b')).json(), [{ mine: 1 }, { id: '5' }, 'body', '9.9.9.9', true, { x: 1 }, '127.0.0.1']);
});

test('routers alone and as constructors', async () => {
  const router = new Router({ strict: true });
  router.get('/a', (req, res) => res.send('a'));
  router.route('/b').get((req, res) => res.send('b'));
  router.use((req, res) => res.send('rest'));
  const app = make();
  app.use(router);
  assertEquals([await text(app, '/a'), await text(app, '/b'), await text(app, '/a/')], ['a', 'b', 'rest']);
  assert(router instanceof Router && typeof router === 'function');
  // added after the first request
  app.get('/late', (req, res) => res.send('late'));
  const later = make();
  later.get('/x', (req, res, next) => next());
  assertEquals((await later.request('/x')).status, 404);
  later.get('/x', (req, res) => res.send('now'));
  assertEquals(await text(later, '/x'), 'now');
});

test('app.request()', async () => {
  const app = make();
  app.all('/*path', (req, res) => res.status(201).set('X-M', req.method).json({ body: req.body, type: req.get('content-type') }));
  const res = await app.request('/p', { method: 'put', headers: [['X-A', 'b']], body: new URLSearchParams({ a: '1 2' }) });
  assertEquals([res.ok, res.status, res.statusText, res.headers.get('X-M'), res.headers.has('x-none')], [true, 201, 'Created', 'PUT', false]);
  assertEquals(await res.json(), { body: { a: '1 2' }, type: 'application/x-www-form-urlencoded;charset=UTF-8' });
  assertEquals((await res.bytes()) instanceof Uint8Array, true);
  await assertRejects(app.request('/x', { headers: { a: 'b\r\nc: d' } }), TypeError);
  // it is the prototype of requests, too
  app.request.answer = 42;
  app.get('/', (req, res) => res.json([req.answer, typeof req, req.name ?? null]));
  assertEquals(await (await app.request('/')).json(), [42, 'object', null]);
});

test('listen', async () => {
  const app = make();
  app.get('/', (req, res) => res.send('over TCP'));
  const { promise, resolve } = Promise.withResolvers();
  const server = app.listen(0, '127.0.0.1', resolve);
  assertEquals(await promise, undefined);
  const { port } = server.address();
  const conn = await connect({ host: '127.0.0.1', port });
  await conn.write('GET / HTTP/1.0\r\n\r\n');
  let answer = '';
  for await (const chunk of conn) answer += new TextDecoder().decode(chunk);
  conn.close();
  assert(answer.startsWith('HTTP/1.1 200 OK\r\n') && answer.endsWith('\r\n\r\nover TCP'), answer);
  // a port that is taken: the callback gets the error, or it is thrown
  const error = await new Promise((done) => make().listen(port, '127.0.0.1', done));
  assertEquals(error.code, 'EADDRINUSE');
  assertThrows(() => make().listen(port, '127.0.0.1'), undefined, 'in use');
  assertEquals((await new Promise((done) => make().listen({ port, host: '8.8.8.8' }, done))).code, 'EACCES');
  await server.close();
});

// ---- property tests: hostile input neither throws nor reaches prototypes ----

test('random queries, cookies, ranges and accept headers', async () => {
  const app = make();
  app.set('query parser', 'extended');
  let failed = null;
  app.get('/', (req, res) => {
    JSON.stringify([req.query, req.cookies, req.range(100), req.accepts('html', 'json'), req.acceptsLanguages('de', 'en'), req.ips, req.hostname, req.fresh]);
    res.json([req.query.polluted ?? null]);
  });
  app.use((error, req, res, next) => {
    failed = error;
    res.status(500).end();
  });
  let seed = 1;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const bits = ['a', '[', ']', '=', '&', ';', ',', '%', '%5B', '__proto__', 'constructor', 'prototype', '[polluted]', '"', '\\', 'q=', '*', '/', '-', 'bytes=', '0', '9', ':', 's:', 'j:', '{', '.', ' ', 'W/', '%ff', '[]', '[0]'];
  const noise = (n) => Array.from({ length: random(n) }, () => bits[random(bits.length)]).join('');
  for (let i = 0; i < 300; i++) {
    const url = `/?${noise(20).replaceAll(' ', '+').replaceAll('"', '').replaceAll('\\', '')}`;
    const headers = { cookie: noise(20), range: noise(8), accept: noise(12), 'accept-language': noise(8), 'x-forwarded-for': noise(8), 'if-none-match': noise(6) };
    const res = await app.request(url, { headers });
    if (failed) throw failed;
    assert(res.status === 200 || res.status === 400, `${res.status} ${url}`);
  }
  assertEquals([{}.polluted, Object.prototype.a], [undefined, undefined]);
});
