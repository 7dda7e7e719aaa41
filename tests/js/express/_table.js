/**
 * Applications and requests to them, for whatever implements Express 5: see
 * conformance.js here, and tests/express-conformance for the original.
 *
 * A case is [name, setup(app, express), ...requests]; a request is a URL for
 * GET, or [method, url, headers, body].
 */

const dump = (...keys) => (req, res) => {
  const out = {};
  for (const key of keys) out[key] = req[key] === undefined ? 'undefined' : req[key];
  res.json(out);
};
const say = (text) => (req, res) => res.send(text);
const params = (req, res) => res.json({ ...req.params });
const mark = (name) => (req, res, next) => {
  res.append('X-Trace', name);
  next();
};
const onError = (error, req, res, next) => {
  res.status(error.status ?? 500).json({ error: error.message, status: error.status ?? null, type: error.type ?? null });
};
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const echo = (req, res) => res.json({ body: req.body === undefined ? 'undefined' : req.body });
const get = (headers, url = '/') => ['GET', url, headers];
const post = (url, headers, body) => ['POST', url, headers, body];

const routing = [
  ['methods', (app) => {
    app.get('/', say('get')).post('/', say('post')).put('/', say('put')).patch('/', say('patch')).delete('/', say('delete'));
  }, '/', ['POST', '/'], ['PUT', '/'], ['PATCH', '/'], ['DELETE', '/'], ['OPTIONS', '/'], ['HEAD', '/'], ['PURGE', '/'], '/x'],
  ['all', (app) => app.all('/a', say('all')), '/a', ['POST', '/a'], ['OPTIONS', '/a'], ['HEAD', '/a']],
  ['own head', (app) => {
    app.head('/', (req, res) => res.set('X-Own', '1').end());
    app.get('/', say('x'));
  }, ['HEAD', '/'], ['OPTIONS', '/']],
  ['own options', (app) => app.options('/', say('mine')), ['OPTIONS', '/'], ['OPTIONS', '/x']],
  ['options of several', (app) => {
    app.get('/a', say('x'));
    app.post('/a', say('x'));
    app.delete('/:b', say('x'));
  }, ['OPTIONS', '/a'], ['OPTIONS', '/b'], ['OPTIONS', '/b/c']],
  ['options passed on', (app, express) => {
    const router = express.Router();
    router.get('/r', say('x'));
    app.use('/m', router);
    app.get('/m/r', say('x'));
  }, ['OPTIONS', '/m/r'], ['OPTIONS', '/m/x']],
  ['parameters', (app) => {
    app.get('/users/:id', params);
    app.get('/a/:b/c/:d', params);
    app.get('/f/:a-:b', params);
    app.get('/g/:name.:ext', params);
    app.get('/h/@:user', params);
    app.get('/q/:"the name"', params);
  }, '/users/1', '/users/', '/users/1/', '/users/1/2', '/users/a%20b', '/users/a%2Fb', '/users/%C3%BC', '/users/%', '/users/%zz',
    '/users/%ff', '/a/1/c/2', '/a/1/x/2', '/f/1-2', '/f/1-2-3', '/f/12', '/g/a.b', '/g/a.b.c', '/h/@me', '/h/me', '/q/x', '/USERS/X'],
  ['wildcards', (app) => {
    app.get('/files/*path', params);
    app.get('/x/*a/y', params);
    app.get('/{*rest}', (req, res) => res.json({ rest: req.params.rest ?? null }));
  }, '/files/a', '/files/a/b/c', '/files/', '/files', '/files/a%2Fb/c', '/x/1/2/y', '/x/y', '/', '/1/2', '/a/'],
  ['optional parts', (app) => {
    app.get('/a{/:b}', params);
    app.get('/d/:file{.:ext}', params);
    app.get('/e{/:x}{/:y}', params);
  }, '/a', '/a/', '/a/1', '/a/1/2', '/d/f', '/d/f.e', '/d/f.e.g', '/e', '/e/1', '/e/1/2', '/e/1/2/3'],
  ['regular expressions', (app) => {
    app.get(/^\/n(\d+)$/, params);
    app.get(/^\/(?<kind>a|b)\/(.*)$/, params);
    app.get(/ends$/i, say('ends'));
  }, '/n12', '/nx', '/a/x/y', '/b/', '/c/x', '/it/ENDS', '/a/%zz'],
  ['arrays of paths', (app) => {
    app.get(['/a', '/b/:x', /^\/c(.)$/], params);
    app.use(['/u', '/v'], (req, res) => res.json([req.baseUrl, req.url]));
  }, '/a', '/b/1', '/cd', '/d', '/u/x', '/v', '/w'],
  ['escaped characters', (app) => app.get('/a\\:b\\*c', say('literal')), '/a:b*c', '/axb'],
  ['trailing slashes', (app) => {
    app.get('/a', say('a'));
    app.get('/b/', say('b'));
  }, '/a', '/a/', '/a//', '/b', '/b/'],
  ['strict routing', (app) => {
    app.enable('strict routing');
    app.get('/a', say('a'));
    app.get('/b/', say('b'));
    app.use('/c', say('c'));
  }, '/a', '/a/', '/b', '/b/', '/c', '/c/'],
  ['case sensitive routing', (app) => {
    app.enable('case sensitive routing');
    app.get('/Abc', say('a'));
    app.get('/X/:y', params);
    app.use('/Use', say('u'));
  }, '/Abc', '/abc', '/X/Y', '/x/y', '/Use/x', '/use'],
  ['case insensitive', (app) => {
    app.get('/Abc', say('a'));
    app.use('/Use', (req, res) => res.json([req.baseUrl, req.url]));
  }, '/aBC', '/USE/X'],
  ['order', (app) => {
    app.use(mark('1'));
    app.get('/a', mark('2'), [mark('3'), [mark('4')]], (req, res, next) => next());
    app.use('/a', mark('5'));
    app.get('/:x', mark('6'));
    app.get('/a', say('end'));
  }, '/a', '/b'],
  ['next route', (app) => {
    app.get('/', mark('1'), (req, res, next) => next('route'), mark('no'));
    app.get('/', (req, res, next) => next('route'));
    app.get('/', say('second'));
  }, '/'],
  ['next router', (app, express) => {
    const router = express.Router();
    router.get('/', mark('1'), (req, res, next) => next('router'), mark('no'));
    router.get('/', mark('no'));
    app.use('/r', router);
    app.get('/r', say('after'));
  }, '/r'],
  ['route()', (app) => app.route('/a').all(mark('all')).get(say('get')).post(say('post')),
    '/a', ['POST', '/a'], ['PUT', '/a'], ['OPTIONS', '/a']],
  ['mounting', (app, express) => {
    const router = express.Router();
    router.get('/', dump('baseUrl', 'url', 'path', 'originalUrl'));
    router.get('/x', dump('baseUrl', 'url', 'path', 'originalUrl'));
    const inner = express.Router();
    inner.use(dump('baseUrl', 'url', 'path', 'originalUrl'));
    router.use('/in/:n', inner);
    app.use('/m', router);
    app.use('/p/:a', router);
  }, '/m', '/m/', '/m?q=1', '/m/x?y=1', '/mx', '/p/1/x', '/m/in/5/deep/er?z', '/p/%20/in/2'],
  ['restored after mounting', (app, express) => {
    const router = express.Router();
    router.use((req, res, next) => {
      req.url = '/changed';
      next();
    });
    app.use('/m', router);
    app.use(dump('baseUrl', 'url', 'originalUrl'));
  }, '/m/x', '/m'],
  ['changed url', (app) => {
    app.use((req, res, next) => {
      if (req.url.startsWith('/old')) req.url = req.url.replace('/old', '/new');
      next();
    });
    app.get('/old', say('old'));
    app.get('/new', dump('url', 'originalUrl'));
  }, '/old', '/new', '/old?a'],
  ['mergeParams', (app, express) => {
    for (const mergeParams of [true, false]) {
      const router = express.Router({ mergeParams });
      router.get('/:b', params);
      router.get('/', params);
      app.use(`/${mergeParams}/:a`, router);
    }
    const same = express.Router({ mergeParams: true });
    same.get('/:a', params);
    app.use('/same/:a', same);
  }, '/true/1/2', '/true/1', '/false/1/2', '/false/1', '/same/1/2'],
  ['param()', (app) => {
    app.param('id', (req, res, next, id, name) => {
      res.append('X-Param', `${name}=${id}`);
      if (id === 'bad') next(new Error('bad id'));
      else if (id === 'skip') next('route');
      else {
        req.item = `item ${id}`;
        next();
      }
    });
    app.get('/:id', (req, res, next) => next());
    app.get('/:id', (req, res) => res.send(req.item));
    app.get('/other/:x', params);
    app.use((req, res) => res.send('nothing'));
    app.use(onError);
  }, '/1', '/bad', '/skip', '/other/1'],
  ['sub-application', (app, express) => {
    const sub = express();
    sub.disable('x-powered-by');
    sub.on('mount', (parent) => sub.set('mounted', parent === app));
    sub.get('/x', (req, res) => {
      res.json([req.baseUrl, sub.mountpath, sub.path(), sub.get('mounted'), req.app === sub, res.app === sub]);
    });
    sub.get('/error', () => {
      throw new Error('from sub');
    });
    app.set('title', 'outer');
    app.use('/sub', sub);
    sub.get('/title', (req, res) => res.send(sub.get('title')));
    app.use((req, res) => res.json([req.app === app, req.url]));
    app.use(onError);
  }, '/sub/x', '/sub/none', '/sub/title', '/sub/error'],
  ['extended prototypes', (app, express) => {
    app.request.hello = function () {
      return `hello ${this.url}`;
    };
    app.response.bye = function (text) {
      return this.send(`bye ${text}`);
    };
    const sub = express();
    sub.disable('x-powered-by');
    sub.response.subOnly = function () {
      return this.bye('sub');
    };
    sub.get('/', (req, res) => res.subOnly());
    app.use('/sub', sub);
    app.get('/a', (req, res) => res.bye(req.hello()));
    app.use((req, res) => res.json(typeof res.subOnly));
  }, '/a', '/sub', '/sub/x'],
  ['errors', (app) => {
    app.get('/throw', () => {
      throw new Error('thrown');
    });
    app.get('/next', (req, res, next) => next(new Error('passed')));
    app.get('/reject', async () => {
      throw new Error('rejected');
    });
    app.get('/empty', () => Promise.reject());
    app.get('/status', () => {
      throw Object.assign(new Error('teapot'), { status: 418 });
    });
    app.get('/string', (req, res, next) => next('text'));
    app.get('/here', (req, res, next) => next(new Error('e')), (req, res) => res.send('no'),
      (error, req, res, next) => res.send(`route: ${error.message}`));
    app.use((error, req, res, next) => {
      if (req.url === '/status') next(error);
      else res.status(500).send(`handled: ${error.message ?? error}`);
    });
    app.use((error, req, res, next) => res.send(`second: ${error.status}`));
  }, '/throw', '/next', '/reject', '/empty', '/status', '/string', '/here'],
  ['error pages', (app) => {
    for (const status of [400, 404, 418, 500, 503, 200, 700]) {
      app.get(`/${status}`, (req, res, next) => next(Object.assign(new Error('x'), { status })));
    }
    app.get('/code', (req, res, next) => next(Object.assign(new Error('x'), { statusCode: 409 })));
    app.get('/res', (req, res, next) => {
      res.status(403);
      next(new Error('x'));
    });
    app.get('/headers', (req, res, next) => {
      next(Object.assign(new Error('x'), { status: 401, headers: { 'WWW-Authenticate': 'Basic' } }));
    });
  }, '/400', '/404', '/418', '/500', '/503', '/200', '/700', '/code', '/res', '/headers', '/none', ['POST', '/no<b>ne'],
    '/a%20b%zz', ['HEAD', '/500']],
  ['deep nesting', (app) => {
    for (let i = 0; i < 300; i++) app.use((req, res, next) => next());
    app.get('/', say('deep'));
  }, '/'],
  ['handlers without next', (app) => {
    app.use((...args) => args[2]());
    app.get('/', (...args) => args[1].send(String(args.length)));
  }, '/'],
];

const all = (setup, headers) => [setup, ...headers.map((h) => get(h))];

const requests = [
  ['query simple', (app) => app.get('/', dump('query')), '/', '/?', '/?a=1&b=2', '/?a=1&a=2&a=3', '/?a%5Bb%5D=1', '/?a+b=c+d', '/?a',
    '/?=x', '/?a=%zz', '/?a=%ff', '/?toString=1', '/?&&a=1&'],
  ['query extended', (app) => {
    app.set('query parser', 'extended');
    app.get('/', dump('query'));
  }, '/?a[b]=1&a[c]=2', '/?a[]=1&a[]=2', '/?a[0]=x&a[1]=y', '/?a[b][c][d]=1', '/?a=1&a=2', '/?a[b][c][d][e][f][g][h]=1', '/?a%5Bb%5D=c',
    '/?a[30]=1', '/?a=b=c', '/?toString=1'],
  ['query off and own', (app, express) => {
    const own = express();
    own.disable('x-powered-by');
    own.set('query parser', (text) => ({ text }));
    own.get('/', dump('query'));
    app.use('/own', own);
    app.set('query parser', false);
    app.get('/', dump('query'));
  }, '/?a=1', '/own/?a=1'],
  ['get', (app) => app.get('/', (req, res) => {
    res.json([req.get('X-Test'), req.header('x-test'), req.get('Referrer'), req.get('nothing') ?? null]);
  }), get({ 'x-test': 'v', referer: 'http://r/' })],
  ['accepts', ...all((app) => app.get('/', (req, res) => res.json([
    req.accepts('html'), req.accepts('text/html'), req.accepts(['json', 'text']), req.accepts('application/json'),
    req.accepts('image/png'), req.accepts('html', 'json'), req.accepts(), req.accepts('text/plain;format=flowed'),
  ])), [{}, { accept: 'text/html' }, { accept: 'text/*, application/json' }, { accept: 'text/*;q=.5, application/json' },
    { accept: '*/*' }, { accept: 'application/json;q=0.1, text/plain;q=0.9, */*;q=0' }, { accept: 'text/html;level=1, */*;q=0.1' },
    { accept: 'garbage' }, { accept: 'image/*;q=0.8,text/html;q=0.8' }])],
  ['accepts others', ...all((app) => app.get('/', (req, res) => res.json([
    req.acceptsEncodings('gzip', 'deflate'), req.acceptsEncodings(['br', 'gzip']), req.acceptsEncodings(),
    req.acceptsCharsets('utf-8', 'iso-8859-1'), req.acceptsCharsets(), req.acceptsLanguages('en', 'de'), req.acceptsLanguages(),
    req.acceptsLanguages('en-us'),
  ])), [{},
    { 'accept-encoding': 'gzip;q=0.5, br', 'accept-charset': 'iso-8859-1;q=0.2, utf-8;q=0.1', 'accept-language': 'de;q=0.9, en;q=0.8' },
    { 'accept-encoding': 'identity;q=0, *', 'accept-charset': '*', 'accept-language': 'en-GB, fr' },
    { 'accept-encoding': 'deflate', 'accept-language': '*' }, { 'accept-encoding': '' }])],
  ['is', (app) => app.post('/', (req, res) => res.json([
    req.is('json'), req.is('application/json'), req.is('text/*'), req.is(['html', 'json']), req.is('+json'), req.is('multipart'),
    req.is('urlencoded'), req.is('application/*'),
  ])), post('/', JSON_TYPE, '{}'), post('/', { 'content-type': 'application/vnd.api+json; charset=utf-8' }, '{}'),
    post('/', { 'content-type': 'text/html' }, 'x'), post('/', FORM, 'a=1'),
    post('/', { 'content-type': 'multipart/form-data; boundary=x' }, 'x'), post('/', { 'content-type': 'bad' }, 'x')],
  ['range', (app) => app.get('/', (req, res) => {
    const r = req.range(1000, { combine: req.url.includes('combine') });
    res.json(r === undefined ? 'undefined' : r === -1 || r === -2 ? r : { type: r.type, ranges: [...r] });
  }), '/', ...['bytes=0-99', 'bytes=-10', 'bytes=990-', 'bytes=0-0,-1', 'bytes=2000-', 'malformed', 'bytes=a-b', 'users=0-9', 'bytes=5-2',
    'bytes=0-5000'].map((range) => get({ range })), get({ range: 'bytes=0-4,90-99,5-75,100-199,101-102' }, '/?combine')],
  ['host', ...all((app) => app.get('/', dump('hostname', 'host', 'subdomains', 'protocol', 'secure', 'ip', 'ips', 'xhr')),
    [{ host: 'a.b.example.com:8080' }, { host: '[::1]:80' },
      { host: 'example.com', 'x-forwarded-for': '1.2.3.4', 'x-forwarded-host': 'evil', 'x-forwarded-proto': 'https' },
      { host: '127.0.0.1', 'x-requested-with': 'XMLHttpRequest' }])],
  ['subdomain offset', ...all((app) => {
    app.set('subdomain offset', 0);
    app.get('/', dump('subdomains'));
  }, [{ host: 'a.b.example.com' }, { host: '1.2.3.4' }])],
  ...[true, 1, 2, 'loopback', '127.0.0.1, 10.0.0.0/8', ['127.0.0.1', '10.1.0.0/255.255.0.0'], '10.0.0.1', false].map((trust) => [
    `trust proxy ${trust}`, ...all((app) => {
      app.set('trust proxy', trust);
      app.get('/', dump('hostname', 'host', 'protocol', 'secure', 'ip', 'ips'));
    }, [{ host: 'h', 'x-forwarded-for': '1.2.3.4, 10.1.2.3, 10.0.0.9', 'x-forwarded-host': 'f.example:81, x', 'x-forwarded-proto': 'https, http' },
      { host: 'h', 'x-forwarded-for': '10.0.0.9' }, { host: 'h' }])]),
  ['fresh', ...all((app) => app.get('/', (req, res) => {
    res.set('ETag', '"x"').set('Last-Modified', 'Tue, 01 Jan 2030 00:00:00 GMT');
    res.send(String([req.fresh, req.stale]));
  }), [{}, { 'if-none-match': '"x"' }, { 'if-none-match': 'W/"x"' }, { 'if-none-match': '"a", "x"' }, { 'if-none-match': '"y"' },
    { 'if-none-match': '*' }, { 'if-modified-since': 'Tue, 01 Jan 2030 00:00:00 GMT' },
    { 'if-modified-since': 'Tue, 01 Jan 2029 00:00:00 GMT' }, { 'if-none-match': '"x"', 'cache-control': 'no-cache' },
    { 'if-none-match': '"y"', 'if-modified-since': 'Tue, 01 Jan 2031 00:00:00 GMT' }]), ['HEAD', '/', { 'if-none-match': '"x"' }]],
];

const each = (app, values, respond) => {
  for (const name of Object.keys(values)) app.get(`/${name}`, (req, res) => respond(res, values[name]));
};

const responses = [
  ['send', (app) => {
    each(app, {
      string: 'text', html: '<p>ü</p>', object: { a: 1 }, array: [1, 'x'], null: null, undefined, true: true, number: 42, empty: '',
      bytes: new TextEncoder().encode('bytes'),
    }, (res, value) => res.send(value));
    app.get('/typed', (req, res) => res.type('text/plain').send('x'));
    app.get('/latin', (req, res) => res.set('Content-Type', 'text/plain; charset=latin1').send('é'));
    each(app, { 204: 204, 304: 304, 205: 205, 201: 201 }, (res, status) => res.status(status).send('x'));
  }, '/string', '/html', '/object', '/array', '/null', '/undefined', '/true', '/number', '/empty', '/bytes', '/typed', '/latin', '/204',
    '/304', '/205', '/201', ['HEAD', '/string'], ['HEAD', '/object']],
  ['res.json', (app) => {
    each(app, { string: 'a', null: null, false: false, number: 0, object: { a: [1, { b: 2 }] }, html: '<script>&' }, (res, value) => res.json(value));
    app.get('/typed', (req, res) => res.type('application/vnd.api+json').json({}));
    app.get('/undefined', (req, res) => res.json(undefined));
  }, '/string', '/null', '/false', '/number', '/object', '/html', '/typed', '/undefined'],
  ['json settings', (app) => {
    app.set('json escape', true);
    app.set('json spaces', 2);
    app.set('json replacer', (key, value) => (key === 'secret' ? undefined : value));
    app.get('/', (req, res) => res.json({ a: '<&>', secret: 1, b: [1] }));
    app.get('/p', (req, res) => res.jsonp({ a: '<&>', secret: 1 }));
  }, '/', '/p', '/p?callback=f'],
  ['jsonp', (app) => app.get('/', (req, res) => res.jsonp({ a: '\u2028' })), '/', '/?callback=cb', '/?callback=a.b[0]', '/?callback=a(1);',
    '/?callback=a&callback=b', '/?callback='],
  ['status and headers', (app) => {
    app.get('/s', (req, res) => res.status(201).sendStatus(404));
    app.get('/unknown', (req, res) => res.sendStatus(599));
    app.get('/set', (req, res) => {
      res.set('X-A', 1).set({ 'X-B': 'b', 'X-C': ['1', '2'] }).append('X-D', 'a').append('X-D', 'b').append('X-D', ['c', 'd']);
      res.header('X-E', 'e').end(res.get('X-A'));
    });
    app.get('/type/*t', (req, res) => res.type(req.params.t.join('/')).end());
    app.get('/content', (req, res) => res.set('Content-Type', 'text/css').end());
    app.get('/vary', (req, res) => res.vary('Accept').vary(['Origin', 'accept']).vary('A, B').end());
    app.get('/star', (req, res) => res.vary('Accept').vary('*').end());
    app.get('/links', (req, res) => res.links({ next: '/2', last: '/9' }).links({ prev: '/0' }).end());
  }, '/s', '/unknown', '/set', '/type/html', '/type/json', '/type/png', '/type/text/x', '/type/js', '/type/svg', '/type/.css', '/content',
    '/vary', '/star', '/links'],
  ['bad statuses', (app) => {
    each(app, { 0: 99, 1: 1000, 2: '200', 3: 200.5, 4: null, 5: undefined }, (res, code) => res.status(code).end());
    app.use((error, req, res, next) => res.status(500).send(`${error.name} ${error.message}`));
  }, '/0', '/1', '/2', '/3', '/4', '/5'],
  ['redirect', (app) => {
    app.get('/a', (req, res) => res.redirect('/b?x=1&y=<>'));
    app.get('/s', (req, res) => res.redirect(301, 'https://example.com/ü "x"'));
    app.get('/l', (req, res) => res.location('/p a').end());
    app.get('/e', (req, res) => res.redirect('%41%zz'));
  }, '/a', get({ accept: 'text/html' }, '/a'), get({ accept: 'text/plain' }, '/a'), get({ accept: 'image/png' }, '/a'), ['HEAD', '/a'], '/s',
    '/l', '/e'],
  ['format', (app) => {
    app.get('/', (req, res) => res.format({ text: () => res.send('text'), html: () => res.send('<b>'), json: () => res.send({ j: 1 }) }));
    app.get('/d', (req, res) => res.format({ 'text/csv': () => res.send('csv'), default: () => res.send('default') }));
    app.use((error, req, res, next) => res.status(error.status).json(error.types));
  }, '/', get({ accept: 'text/html' }), get({ accept: 'application/json, text/*;q=0.1' }), get({ accept: 'image/png' }), '/d',
    get({ accept: 'image/png' }, '/d')],
  ['cookies', (app) => {
    app.get('/a', (req, res) => res.cookie('n', 'v').cookie('o', { a: 1 }).cookie('e', 'ä; =').end());
    app.get('/o', (req, res) => res.cookie('n', 'v', {
      domain: 'x.com', path: '/p', httpOnly: true, secure: true, sameSite: 'lax', priority: 'high', partitioned: true,
    }).end());
    app.get('/s', (req, res) => res.cookie('n', 'v', { sameSite: true, path: '' }).cookie('m', 'x', { expires: new Date(0) }).end());
    app.get('/enc', (req, res) => res.cookie('n', 'a b', { encode: (v) => v.replace(' ', '_') }).end());
    app.get('/clear', (req, res) => {
      res.clearCookie('n').clearCookie('m', { path: '/p', maxAge: 1000, expires: new Date(), httpOnly: true }).end();
    });
    app.get('/bad', (req, res) => res.cookie('a b', 'v').end());
    app.get('/worse', (req, res) => res.cookie('a', 'v', { path: '/;x' }).end());
    app.use((error, req, res, next) => res.status(500).send(error.name));
  }, '/a', '/o', '/s', '/enc', '/clear', '/bad', '/worse'],
  ['attachment', (app) => {
    each(app, { 1: 'a.txt', 2: '/x/b.html', 3: 'ü.pdf', 4: 'q"u\\o.png', 5: 'a%20b.txt', 6: '€ rates.txt', 7: 'no ext' },
      (res, name) => res.attachment(name).end());
    app.get('/0', (req, res) => res.attachment().end());
  }, '/0', '/1', '/2', '/3', '/4', '/5', '/6', '/7'],
  ['etag', (app) => {
    app.get('/', (req, res) => res.send('body'));
    app.get('/own', (req, res) => res.set('ETag', '"own"').send('body'));
    app.post('/', (req, res) => res.send('body'));
  }, '/', get({ 'if-none-match': 'W/"4-AjypwZkGjMBkgGiI/0QsWJgVzvc"' }), '/own', ['POST', '/'], ['HEAD', '/']],
  ['etag strong', (app) => app.set('etag', 'strong').get('/', (req, res) => res.send('body')), '/'],
  ['etag off', (app) => app.disable('etag').get('/', (req, res) => res.send('body')), '/'],
  ['etag own', (app) => app.set('etag', (body) => `"len-${body.length}"`).get('/', (req, res) => res.send('bödy')), '/'],
  ['locals', (app) => {
    app.locals.a = 1;
    app.use((req, res, next) => {
      res.locals.b = 2;
      next();
    });
    app.get('/', (req, res) => res.json([app.locals.a, res.locals.b, req.app.locals.a, res.headersSent]));
  }, '/'],
];

const bodies = [
  ['no parser', (app) => app.all('/', echo), '/', post('/', JSON_TYPE, '{}')],
  ['json', (app, express) => {
    app.use(express.json());
    app.post('/', echo);
    app.use(onError);
  }, post('/', JSON_TYPE, '{"a":[1,{"b":null}]}'), post('/', JSON_TYPE, '[1]'), post('/', JSON_TYPE, ''),
    post('/', { 'content-type': 'application/json; charset=utf-8' }, '{"ü":1}'),
    post('/', { 'content-type': 'application/json; charset=x-bad' }, '{}'),
    post('/', { 'content-type': 'application/json', 'content-encoding': 'nope' }, '{}'), post('/', { 'content-type': 'text/plain' }, '{}')],
  ['json errors', (app, express) => {
    app.use(express.json());
    app.post('/', echo);
    app.use((error, req, res, next) => res.status(error.status).json([error.name, error.type, error.body]));
  }, post('/', JSON_TYPE, '{bad'), post('/', JSON_TYPE, '"text"'), post('/', JSON_TYPE, '  \n1')],
  ['json options', (app, express) => {
    app.post('/loose', express.json({ strict: false }), echo);
    app.post('/small', express.json({ limit: 10 }), echo);
    app.post('/type', express.json({ type: ['text/x', 'application/*+json'] }), echo);
    app.post('/revive', express.json({ reviver: (k, v) => (k === 'd' ? 'revived' : v) }), echo);
    app.post('/verify', express.json({
      verify: (req, res, buf) => {
        if (buf[0] === 0x5b) throw new Error('no arrays');
      },
    }), echo);
    app.use(onError);
  }, post('/loose', JSON_TYPE, '"text"'), post('/loose', JSON_TYPE, '12'), post('/small', JSON_TYPE, '{"a":"0123456789"}'),
    post('/small', JSON_TYPE, '{"a":1}'), post('/type', { 'content-type': 'text/x' }, '{"a":1}'),
    post('/type', { 'content-type': 'application/api+json' }, '{"a":1}'), post('/revive', JSON_TYPE, '{"d":1}'),
    post('/verify', JSON_TYPE, '[1]'), post('/verify', JSON_TYPE, '{}')],
  ['urlencoded', (app, express) => {
    app.post('/s', express.urlencoded(), echo);
    app.post('/x', express.urlencoded({ extended: true }), echo);
    app.post('/p', express.urlencoded({ parameterLimit: 2 }), echo);
    app.post('/d', express.urlencoded({ extended: true, depth: 1 }), echo);
    app.use(onError);
  }, post('/s', FORM, 'a=1&b=x+y&a=2'), post('/s', FORM, 'a[b]=1'), post('/s', FORM, ''), post('/x', FORM, 'a[b]=1&c[]=1&c[]=2'),
    post('/x', FORM, 'u=%C3%BC'), post('/p', FORM, 'a=1&b=2'), post('/p', FORM, 'a=1&b=2&c=3'), post('/d', FORM, 'a[b]=1'),
    post('/d', FORM, 'a[b][c]=1')],
  ['text and raw', (app, express) => {
    app.post('/t', express.text(), echo);
    app.post('/any', express.text({ type: '*/*' }), echo);
    app.post('/r', express.raw({ type: () => true }), (req, res) => res.send(req.body));
    app.use(onError);
  }, post('/t', { 'content-type': 'text/plain' }, 'töxt'), post('/any', JSON_TYPE, '{"a":1}'), post('/r', { 'content-type': 'x/y' }, 'raw'),
    post('/t', { 'content-type': 'text/plain' }, '')],
];

export const table = [...routing, ...requests, ...responses, ...bodies];
