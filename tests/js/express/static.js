import express from 'wqjs:express';
import * as os from 'os';
import * as std from 'std';
import { assert, assertEquals, assertThrows, test } from '../assert.js';

const root = `${scriptArgs[1]}/public`;
const put = (name, text) => {
  const f = std.open(`${root}/${name}`, 'w');
  f.puts(text);
  f.close();
};
for (const dir of ['', '/dir', '/empty', '/.well-known', '/two words']) os.mkdir(root + dir);
put('index.html', '<p>index</p>');
put('a.txt', '0123456789');
put('dir/index.html', 'dir index');
put('dir/index.txt', 'other index');
put('page.html', 'page');
put('.secret', 'dot');
put('.well-known/x', 'known');
put('two words/ü.txt', 'unicode');
put('app.js', 'js');
put('app.js.gz', 'gz bytes');
put('app.js.br', 'br bytes');
put('unknown.zzz', 'x');
put('empty.css', '');
const outside = std.open(`${scriptArgs[1]}/outside.txt`, 'w');
outside.puts('secret');
outside.close();

function make(options, mount = '/') {
  const app = express();
  app.set('env', 'test');
  app.use(mount, express.static(root, options));
  app.use((req, res) => res.status(404).send('next'));
  app.use((error, req, res, next) => res.status(error.status ?? 500).send(`error ${error.status}`));
  return app;
}

// [status, body] of a GET.
const get = async (app, url, headers) => {
  const res = await app.request(url, { headers });
  return [res.status, await res.text()];
};

test('files, with type and validators', async () => {
  const res = await make().request('/a.txt');
  assertEquals([res.status, await res.text()], [200, '0123456789']);
  assertEquals(res.headers.get('content-type'), 'text/plain; charset=utf-8');
  assertEquals(res.headers.get('content-length'), '10');
  assertEquals(res.headers.get('accept-ranges'), 'bytes');
  assertEquals(res.headers.get('cache-control'), 'public, max-age=0');
  assert(/^W\/"a-[0-9a-f]+"$/.test(res.headers.get('etag')), res.headers.get('etag'));
  assert(!Number.isNaN(Date.parse(res.headers.get('last-modified'))));
  assertEquals(await get(make(), '/two%20words/%C3%BC.txt'), [200, 'unicode']);
  assertEquals((await make().request('/unknown.zzz')).headers.get('content-type'), 'application/octet-stream');
  assertEquals(await get(make(), '/empty.css'), [200, '']);
  const head = await make().request('/a.txt', { method: 'HEAD' });
  assertEquals([head.status, head.headers.get('content-length'), await head.text()], [200, '10', '']);
});

test('index and redirect', async () => {
  assertEquals(await get(make(), '/'), [200, '<p>index</p>']);
  assertEquals(await get(make(), '/dir/'), [200, 'dir index']);
  const res = await make().request('/dir?x=1');
  assertEquals([res.status, res.headers.get('location')], [301, '/dir/?x=1']);
  assertEquals(await get(make({ redirect: false }), '/dir'), [404, 'next']);
  assertEquals(await get(make({ index: false }), '/'), [404, 'next']);
  assertEquals(await get(make({ index: ['none.html', 'index.txt'] }), '/dir/'), [200, 'other index']);
  assertEquals(await get(make(), '/empty/'), [404, 'next']);
  // a location that begins with "//" would lead to another host
  assertEquals((await make().request('//dir')).headers.get('location'), '/dir/');
  assertEquals(await get(make(), '/a.txt/'), [404, 'next']);
});

test('mounted', async () => {
  const app = make({}, '/assets');
  assertEquals(await get(app, '/assets/a.txt'), [200, '0123456789']);
  assertEquals(await get(app, '/assets/'), [200, '<p>index</p>']);
  const res = await app.request('/assets');
  assertEquals([res.status, res.headers.get('location')], [301, '/assets/']);
  assertEquals(await get(app, '/a.txt'), [404, 'next']);
});

test('nothing outside of the root', async () => {
  const app = make({ dotfiles: 'allow' });
  for (const path of ['/../outside.txt', '/%2e%2e/outside.txt', '/dir/../../outside.txt', '/..%2foutside.txt', '/%2e%2e%2foutside.txt',
    '/dir%2findex.html', '/..%5coutside.txt', '/a.txt%00', '/a.txt%00.html', '/%', '/%ff', '/dir/..%2f..%2foutside.txt']) {
    assertEquals(await get(app, path), [404, 'next'], path);
  }
  const strict = make({ fallthrough: false });
  assertEquals((await strict.request('/%2e%2e/x')).status, 403);
  assertEquals((await strict.request('/a%2fb')).status, 400);
  assertEquals((await strict.request('/a%00b')).status, 400);
  assertEquals((await strict.request('/%zz')).status, 400);
  assertEquals((await strict.request('/none')).status, 404);
  assertEquals((await strict.request('/empty/')).status, 404);
  const post = await strict.request('/a.txt', { method: 'POST' });
  assertEquals([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
  assertEquals((await make().request('/a.txt', { method: 'POST' })).status, 404);
});

test('dotfiles', async () => {
  assertEquals(await get(make(), '/.secret'), [404, 'next']);
  assertEquals(await get(make({ dotfiles: 'deny', fallthrough: false }), '/.secret'), [403, 'error 403']);
  assertEquals(await get(make({ dotfiles: 'allow' }), '/.secret'), [200, 'dot']);
  assertEquals(await get(make(), '/.well-known/x'), [404, 'next']);
  assertThrows(() => express.static(root, { dotfiles: 'other' }), TypeError, 'dotfiles');
});

test('extensions', async () => {
  assertEquals(await get(make(), '/page'), [404, 'next']);
  assertEquals(await get(make({ extensions: ['txt', 'html'] }), '/page'), [200, 'page']);
  assertEquals(await get(make({ extensions: 'html' }), '/page'), [200, 'page']);
  assertEquals(await get(make({ extensions: 'html' }), '/none'), [404, 'next']);
});

test('cache options and headers', async () => {
  const cache = async (options) => (await make(options).request('/a.txt')).headers.get('cache-control');
  assertEquals(await cache({ maxAge: '1d' }), 'public, max-age=86400');
  assertEquals(await cache({ maxAge: 5000, immutable: true }), 'public, max-age=5, immutable');
  assertEquals(await cache({ maxAge: Infinity }), 'public, max-age=31536000');
  assertEquals(await cache({ cacheControl: false }), null);
  const plain = await make({ etag: false, lastModified: false, acceptRanges: false }).request('/a.txt', { headers: { range: 'bytes=0-1' } });
  assertEquals([plain.status, plain.headers.has('etag'), plain.headers.has('last-modified'), plain.headers.has('accept-ranges')], [200, false, false, false]);
  const seen = [];
  const own = make({ setHeaders: (res, path, stat) => {
    seen.push(path, stat.size);
    res.set('X-Own', '1').set('Cache-Control', 'no-store');
  } });
  const res = await own.request('/a.txt');
  assertEquals([res.headers.get('x-own'), res.headers.get('cache-control')], ['1', 'no-store']);
  assertEquals(seen, [`${root}/a.txt`, 10]);
  assertThrows(() => express.static(root, { setHeaders: 1 }), TypeError, 'setHeaders');
  assertThrows(() => express.static(), TypeError, 'root path');
});

test('conditions', async () => {
  const app = make();
  const first = await app.request('/a.txt');
  const etag = first.headers.get('etag');
  const modified = first.headers.get('last-modified');
  const status = async (headers) => (await app.request('/a.txt', { headers })).status;
  assertEquals(await status({ 'if-none-match': etag }), 304);
  assertEquals(await status({ 'if-none-match': '"x", *' }), 200);
  assertEquals(await status({ 'if-none-match': '*' }), 304);
  assertEquals(await status({ 'if-modified-since': modified }), 304);
  assertEquals(await status({ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }), 200);
  assertEquals(await status({ 'if-match': '"other"' }), 412);
  assertEquals(await status({ 'if-match': '*' }), 200);
  assertEquals(await status({ 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' }), 412);
  assertEquals(await status({ 'if-unmodified-since': modified }), 200);
  const fresh = await app.request('/a.txt', { headers: { 'if-none-match': etag } });
  assertEquals([await fresh.text(), fresh.headers.has('content-type'), fresh.headers.get('etag')], ['', false, etag]);
});

test('ranges', async () => {
  const app = make();
  const range = async (value, more = {}) => {
    const res = await app.request('/a.txt', { headers: { range: value, ...more } });
    return [res.status, await res.text(), res.headers.get('content-range')];
  };
  assertEquals(await range('bytes=0-0'), [206, '0', 'bytes 0-0/10']);
  assertEquals(await range('bytes=4-'), [206, '456789', 'bytes 4-9/10']);
  assertEquals(await range('bytes=-3'), [206, '789', 'bytes 7-9/10']);
  assertEquals(await range('bytes=-500'), [206, '0123456789', 'bytes 0-9/10']);
  assertEquals(await range('bytes=8-100'), [206, '89', 'bytes 8-9/10']);
  assertEquals(await range('bytes=0-3,2-5'), [206, '012345', 'bytes 0-5/10']);
  assertEquals((await range('bytes=10-')).slice(0, 1).concat((await range('bytes=10-'))[2]), [416, 'bytes */10']);
  assertEquals(await range('bytes=x'), [200, '0123456789', null]);
  assertEquals(await range('lines=0-1'), [200, '0123456789', null]);
  const first = await app.request('/a.txt');
  assertEquals((await range('bytes=0-1', { 'if-range': first.headers.get('last-modified') }))[0], 206);
  assertEquals((await range('bytes=0-1', { 'if-range': 'Thu, 01 Jan 1970 00:00:00 GMT' }))[0], 200);
  assertEquals((await range('bytes=0-1', { 'if-range': '"other"' }))[0], 200);
  const many = Array.from({ length: 100 }, (_, i) => `${i}-${i}`).join(',');
  assertEquals((await range(`bytes=${many}`))[0], 200);
});

test('several ranges', async () => {
  const res = await make().request('/a.txt', { headers: { range: 'bytes=0-1,5-6,-1' } });
  const type = res.headers.get('content-type');
  const boundary = /^multipart\/byteranges; boundary=(.*)$/.exec(type)[1];
  const part = (range, text) => `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${range}/10\r\n\r\n${text}\r\n`;
  const body = await res.text();
  assertEquals(body, `${part('0-1', '01')}${part('5-6', '56')}${part('9-9', '9')}--${boundary}--\r\n`);
  assertEquals([res.status, res.headers.get('content-length')], [206, String(body.length)]);
});

test('precompressed', async () => {
  const app = make({ precompressed: true });
  const res = await app.request('/app.js', { headers: { 'accept-encoding': 'gzip, br' } });
  assertEquals([await res.text(), res.headers.get('content-encoding'), res.headers.get('vary'), res.headers.get('content-type')],
    ['br bytes', 'br', 'Accept-Encoding', 'text/javascript; charset=utf-8']);
  assertEquals(await get(app, '/app.js', { 'accept-encoding': 'gzip' }), [200, 'gz bytes']);
  const plain = await app.request('/app.js');
  assertEquals([await plain.text(), plain.headers.get('vary'), plain.headers.has('content-encoding')], ['js', 'Accept-Encoding', false]);
  assertEquals(await get(app, '/a.txt', { 'accept-encoding': 'br' }), [200, '0123456789']);
  assertEquals(await get(make({ precompressed: ['gzip'] }), '/app.js', { 'accept-encoding': 'br, gzip' }), [200, 'gz bytes']);
  assertThrows(() => express.static(root, { precompressed: 'zip' }), TypeError, 'zip');
});

test('sendFile and download', async () => {
  const app = express();
  app.set('env', 'test');
  const over = [];
  app.get('/f', (req, res) => res.sendFile(`${root}/a.txt`, (error) => over.push(error)));
  app.get('/root', (req, res) => res.sendFile('dir/index.html', { root, maxAge: '1h', headers: { 'X-A': 'b' } }));
  app.get('/up', (req, res) => res.sendFile('../outside.txt', { root }));
  app.get('/none', (req, res) => res.sendFile(`${root}/none`));
  app.get('/dir', (req, res) => res.sendFile(`${root}/dir`));
  app.get('/cb', (req, res) => res.sendFile(`${root}/none`, (error) => res.status(418).send(String(error.status))));
  app.get('/relative', (req, res) => res.sendFile('a.txt'));
  app.get('/percent', (req, res) => res.sendFile('a%20b', { root }));
  app.get('/d', (req, res) => res.download(`${root}/a.txt`));
  app.get('/d2', (req, res) => res.download('a.txt', 'ü.txt', { root }));
  app.use((error, req, res, next) => res.status(error.status ?? 500).send(error.message));
  let res = await app.request('/f');
  assertEquals([await res.text(), over], ['0123456789', [undefined]]);
  res = await app.request('/root');
  assertEquals([await res.text(), res.headers.get('cache-control'), res.headers.get('x-a')], ['dir index', 'public, max-age=3600', 'b']);
  assertEquals((await app.request('/up')).status, 403);
  assertEquals((await app.request('/none')).status, 404);
  assertEquals((await app.request('/dir')).status, 404);
  res = await app.request('/cb');
  assertEquals([res.status, await res.text()], [418, '404']);
  res = await app.request('/relative');
  assertEquals([res.status, await res.text()], [500, 'path must be absolute or specify root to res.sendFile']);
  assertEquals((await app.request('/percent')).status, 404);
  res = await app.request('/d');
  assertEquals([await res.text(), res.headers.get('content-disposition')], ['0123456789', 'attachment; filename=a.txt']);
  res = await app.request('/d2');
  assertEquals(res.headers.get('content-disposition'), `attachment; filename="?.txt"; filename*=UTF-8''%C3%BC.txt`);
});
