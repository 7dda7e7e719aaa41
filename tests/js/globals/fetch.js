// Headers, Request and Response, and handlers of the form fetch(request).
import { test, assert, assertEquals, assertRejects, assertThrows } from '../assert.js';
import { serve } from 'wqjs:serve';

test('Headers', () => {
  const h = new Headers({ 'X-B': 'b', 'x-a': ' a ' });
  h.append('X-A', '2');
  h.append('Set-Cookie', 'a=1');
  h.append('Set-Cookie', 'b=2');
  assertEquals(h.get('x-A'), 'a, 2');
  assertEquals(h.get('none'), null);
  assertEquals(h.getSetCookie(), ['a=1', 'b=2']);
  assertEquals([...h], [['set-cookie', 'a=1'], ['set-cookie', 'b=2'], ['x-a', 'a, 2'], ['x-b', 'b']]);
  h.delete('set-cookie');
  h.set('x-a', 'é');
  assertEquals([...h.keys()], ['x-a', 'x-b']);
  assertEquals([...new Headers(h).values()], ['é', 'b']);
  assert(h.has('X-B') && !h.has('x-c'));
  for (const bad of ['', 'a b', 'ä']) assertThrows(() => h.set(bad, 'x'), TypeError);
  for (const bad of ['a\nb', '\0', '€']) assertThrows(() => h.set('a', bad), TypeError);
  assertThrows(() => new Headers([['a']]), TypeError);
  assertThrows(() => new Headers(5), TypeError);
});

test('Request', async () => {
  const r = new Request('http://a/b', { method: 'post', body: 'text', headers: { 'X-A': '1' } });
  assertEquals([r.method, r.url, r.headers.get('content-type')], ['POST', 'http://a/b', 'text/plain;charset=UTF-8']);
  assertEquals([await r.text(), r.bodyUsed], ['text', true]);
  await assertRejects(r.text(), TypeError, 'already');
  assertThrows(() => new Request('/relative'), TypeError);
  assertThrows(() => new Request('http://a', { body: 'x' }), TypeError);
});

test('Response', async () => {
  assertEquals(await new Response(new Uint8Array([104, 105])).text(), 'hi');
  assertEquals(await Response.json({ a: [1] }).json(), { a: [1] });
  assertEquals(Response.json(1).headers.get('content-type'), 'application/json');
  assertEquals(Response.redirect('http://x/', 301).headers.get('location'), 'http://x/');
  assertEquals((await new Response(new URLSearchParams({ a: '1' })).bytes()).length, 3);
  assertEquals((await new Response('abc').arrayBuffer()).byteLength, 3);
  let text = '';
  for await (const chunk of new Response('abc').body) text += chunk.length;
  assertEquals(text, '3');
  assertEquals(new Response(null).body, null);
  assert(new Response().ok && !new Response('', { status: 404 }).ok);
  assertThrows(() => new Response('', { status: 600 }), RangeError);
  assertThrows(() => new Response('x', { status: 204 }), TypeError);
  assertThrows(() => Response.redirect('x', 200), RangeError);
});

test('serve() takes an object with fetch(request)', async () => {
  const server = serve({
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/stream') {
        return new Response((async function* () {
          yield 'a';
          yield new Uint8Array([98]);
        })(), { status: 201, statusText: 'Made', headers: [['set-cookie', 'a'], ['set-cookie', 'b']] });
      }
      if (pathname === '/bad') return 'no response';
      return Response.json({ method: request.method, url: request.url, type: request.headers.get('content-type'), body: await request.text() });
    },
  }, { host: '127.0.0.1', port: 0 });
  server.on('error', () => {});
  const post = await server.inject({ method: 'POST', url: '/p?q', headers: { Host: 'h:1', 'Content-Type': 't/x' }, body: 'data' });
  assertEquals(post.json(), { method: 'POST', url: 'http://h:1/p?q', type: 't/x', body: 'data' });
  const stream = await server.inject('/stream');
  assertEquals([stream.status, stream.statusText, stream.text(), stream.headers['set-cookie']], [201, 'Made', 'ab', ['a', 'b']]);
  assertEquals((await server.inject('/bad')).status, 500);
  await server.close();
});

test('serve() takes handlers and servers, and nothing else', async () => {
  const server = serve((req, res) => res.end('ok'), { host: '127.0.0.1', port: 0 });
  assertEquals((await server.inject('/')).text(), 'ok');
  await server.close();
  for (const bad of [undefined, null, 5, {}]) assertThrows(() => serve(bad), TypeError);
});
