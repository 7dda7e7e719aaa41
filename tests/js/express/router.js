import express, { Router } from 'express';
import { createServer } from 'wqjs:http';
import { assertEquals, test } from '../assert.js';

function make() {
  const app = express();
  app.set('env', 'production');
  return app;
}
const text = async (app, url, init) => (await app.request(url, init)).text();

// Routes are matched natively where they can be; a list of paths is matched in
// JavaScript. Both have to agree.
const PATTERNS = ['/', '/A/b', '/:x', '/:x/', '/a/:x', '/a/:x/b', '/:x/b/:y', '/a.:x', '/ü'];
const PATHS = [
  '/', '//', '/a', '/A/', '/a/b', '/a/B/', '/a/b/c', '/b', '/a/x%2Fy', '/a/%zz', '/%zz', '/a?b=/c', '/?a', '/a.b', 'http://h/a',
  'http://h', '/%C3%BC',
];

for (const options of [{}, { strict: true, caseSensitive: true }]) {
  test(`native and other matching agree: ${JSON.stringify(options)}`, async () => {
    for (const pattern of PATTERNS) {
      const apps = [pattern, [pattern, '/never/x/y/z/0']].map((path) => {
        const app = make();
        const router = Router(options);
        router.get(path, (req, res) => res.json([req.route !== undefined, req.params]));
        router.use(pattern, (req, res) => res.json(['use', req.url, req.baseUrl]));
        app.use(router);
        return app;
      });
      const requests = PATHS.map((path) => ['GET', path]);
      requests.push(['HEAD', '/a/b'], ['POST', '/a/b'], ['POST', '/a/%zz'], ['OPTIONS', '/a/b'], ['OPTIONS', '*']);
      for (const [method, path] of requests) {
        const [a, b] = await Promise.all(apps.map(async (app) => {
          const res = await app.request(path, { method });
          return `${res.status} ${res.headers.get('allow')} ${await res.text()}`;
        }));
        assertEquals(a, b, `${method} ${path} for ${pattern}`);
      }
    }
  });
}

test('a handler that goes on by next() after it was the only one of its route', async () => {
  const app = make();
  const seen = [];
  app.get('/a/:id', (req, res, next) => {
    seen.push(req.params.id, req.route.path, req.originalUrl);
    next();
    next(); // once too often
  });
  app.use((req, res, next) => {
    seen.push('use', Object.keys(req.params).length);
    next();
  });
  app.get('/a/:other', (req, res) => {
    seen.push(req.params.other, req.params.id);
    if (!res.headersSent) res.send('end');
  });
  assertEquals(await text(app, '/a/7?q'), 'end');
  assertEquals(seen, ['7', '/a/:id', '/a/7?q', 'use', 0, '7', undefined]);
});

test('next of a request, and errors of the only handler', async () => {
  const app = make();
  app.get('/next', (req) => req.next());
  app.get('/next', (req, res) => res.send('next'));
  app.get('/throw', () => {
    throw Object.assign(new Error('x'), { status: 418 });
  });
  app.get('/reject', async () => {
    throw Object.assign(new Error('x'), { status: 409 });
  });
  app.get('/router', (req, res, next) => next('router'));
  app.get('/router', (req, res) => res.send('not here'));
  app.use((error, req, res, next) => res.status(error.status).send('handled'));
  assertEquals(await text(app, '/next'), 'next');
  assertEquals((await app.request('/throw')).status, 418);
  assertEquals((await app.request('/reject')).status, 409);
  assertEquals((await app.request('/router')).status, 404);
});

test('routes that change after the first request', async () => {
  const app = make();
  const route = app.route('/x').get((req, res) => res.send('get'));
  assertEquals((await app.request('/x', { method: 'PUT' })).status, 404);
  route.put((req, res) => res.send('put'));
  assertEquals(await text(app, '/x', { method: 'PUT' }), 'put');
  app.get('/y', (req, res) => res.send('y'));
  assertEquals(await text(app, '/y'), 'y');
  assertEquals(await text(app, '/x'), 'get');
});

test('a URL and a method that middleware changed', async () => {
  const app = make();
  app.use((req, res, next) => {
    if (req.query.m) req.method = req.query.m;
    if (req.query.u) req.url = req.query.u;
    next();
  });
  app.get('/to/:x', (req, res) => res.send(`get ${req.params.x} ${req.originalUrl}`));
  app.delete('/to/:x', (req, res) => res.send(`delete ${req.params.x}`));
  app.all('/any', (req, res) => res.send(`any ${req.method}`));
  assertEquals(await text(app, '/from?u=/to/1'), 'get 1 /from?u=/to/1');
  assertEquals(await text(app, '/to/2?m=DELETE'), 'delete 2');
  assertEquals(await text(app, '/any?m=ODD'), 'any ODD');
  assertEquals((await app.request('/to/2?m=ODD')).status, 404);
  assertEquals((await app.request('/from?u=x')).status, 404);
});

test('an application as the handler of a server of its own', async () => {
  const app = make();
  app.get('/a/:b', (req, res) => res.status(201).json([req.params.b, req.originalUrl, req.hostname]));
  const server = createServer((req, res) => {
    if (req.url === '/moved') req.url = '/a/1';
    app(req, res);
  });
  assertEquals((await server.inject({ url: '/a/x?y', headers: { host: 'h' } })).text(), '["x","/a/x?y","h"]');
  assertEquals((await server.inject({ url: '/moved', headers: { host: 'h' } })).text(), '["1","/a/1","h"]');
  assertEquals((await server.inject('/none')).status, 404);
});

test('routers take requests that are no server\'s', () => {
  const router = Router();
  const seen = [];
  router.use('/in', (req, res, next) => {
    seen.push(req.url);
    next();
  });
  router.get('/in/:id', (req) => seen.push(req.params.id));
  router.handle({ url: '/in/1?x', method: 'GET' }, {}, (error) => seen.push(error));
  router.handle({ url: '/other', method: 'GET' }, {}, (error) => seen.push(error));
  router.handle({ url: '', method: 'GET' }, {}, (error) => seen.push(error));
  assertEquals(seen, ['/1?x', '1', undefined, undefined]);
});

// ---- responses in one native call ----

test('what a handler replaced is called', async () => {
  const app = make();
  app.use((req, res, next) => {
    if (req.query.send) {
      const { send } = res;
      res.send = (body) => send.call(res, `<${body}>`);
    }
    if (req.query.end) {
      const { end } = res;
      res.end = (body) => end.call(res, `(${body})`);
    }
    next();
  });
  app.get('/j', (req, res) => res.json({ a: 1 }));
  app.get('/t', (req, res) => res.send('t'));
  assertEquals(await text(app, '/j'), '{"a":1}');
  assertEquals(await text(app, '/j?send=1'), '<{"a":1}>');
  assertEquals(await text(app, '/j?end=1'), '({"a":1})');
  assertEquals(await text(app, '/t?end=1'), '(t)');
});

test('conditions, statuses and headers of responses in one call', async () => {
  const app = make();
  app.get('/j', (req, res) => {
    for (const name of Object.keys(req.query)) res.set(name, req.query[name]);
    res.json('é');
  });
  app.get('/status/:n', (req, res) => res.status(Number(req.params.n)).json(1));
  app.get('/headers', (req, res) => {
    req.headers['if-none-match'] = '*';
    res.json(1);
  });
  let res = await app.request('/j');
  const tag = res.headers.get('etag');
  assertEquals([res.headers.get('content-type'), res.headers.get('content-length'), await res.text()],
    ['application/json; charset=utf-8', '4', '"é"']);
  res = await app.request('/j', { headers: { 'If-None-Match': tag } });
  assertEquals([res.status, res.headers.get('etag'), await res.text()], [304, tag, '']);
  res = await app.request('/j?ETag=%22x%22&Content-Type=text/x');
  assertEquals([res.headers.get('etag'), res.headers.get('content-type')], ['"x"', 'text/x; charset=utf-8']);
  for (const n of [204, 205, 304]) assertEquals(await text(app, `/status/${n}`), '');
  assertEquals(await text(app, '/status/201'), '1');
  assertEquals((await app.request('/headers')).status, 304);
  app.set('etag', false);
  assertEquals((await app.request('/j')).headers.get('etag'), null);
  app.set('etag', 'strong');
  assertEquals((await app.request('/j')).headers.get('etag'), tag.slice(2));
});
