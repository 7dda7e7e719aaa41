// Blob, File, FormData, and forms in the bodies of requests and responses.
import { test, assert, assertEquals, assertRejects, assertThrows } from '../assert.js';
import { createServer } from 'wqjs:http';
import { serve } from 'wqjs:serve';

test('Blob', async () => {
  const bytes = new Uint8Array([1, 0xc3, 0xa9, 2]);
  const blob = new Blob(['a', bytes.subarray(1, 3), bytes.buffer.slice(3), new DataView(bytes.buffer, 0, 1), new Blob(['z'])], { type: 'Text/X' });
  assertEquals([blob.size, blob.type, String(blob)], [6, 'text/x', '[object Blob]']);
  assertEquals(await blob.text(), 'aé\x02\x01z');
  const copy = await blob.bytes();
  copy[0] = 0;
  bytes.fill(0);
  assertEquals(await blob.text(), 'aé\x02\x01z', 'it does not change');
  assertEquals((await blob.arrayBuffer()).byteLength, 6);
  const text = async (...args) => (await new Blob(['hello']).slice(...args)).text();
  assertEquals([await text(1, 3), await text(-2), await text(3, 1), await text(9), await text(1, -1), await text(), await text(NaN, 2.9)],
    ['el', 'lo', '', '', 'ell', 'hello', 'he']);
  assertEquals([new Blob([], { type: 'a\u0000' }).type, new Blob(['a']).slice(0, 1, 'A/b').type, new Blob().size], ['', 'a/b', 0]);
  assertEquals(await new Blob(['a\r\nb\rc\n'], { endings: 'native' }).text(), 'a\nb\nc\n');
  assertEquals(await new Blob([5, null]).text(), '5null');
  for (const bad of ['text', 5, null, {}]) assertThrows(() => new Blob(bad), TypeError, 'sequence');
  assertThrows(() => new Blob([], { endings: 'x' }), TypeError, 'endings');
  assertThrows(() => Blob.prototype.size, TypeError);
});

test('File', async () => {
  const file = new File(['x'], 'a.txt', { type: 'text/plain', lastModified: 5.7 });
  assertEquals([file.name, file.lastModified, file.size, file instanceof Blob, await file.text()], ['a.txt', 5, 1, true, 'x']);
  assert(new File([], 'x').lastModified > 1e12);
  assertThrows(() => new File(['x']), TypeError, '2 arguments');
});

test('FormData', async () => {
  const form = new FormData();
  form.append('a', 1);
  form.append('a', '2');
  form.append('b', new Blob(['x'], { type: 't/x' }));
  form.append('b', new File(['y'], 'y.txt'), 'z.txt');
  form.append('\ud800', '\udfff');
  assertEquals([form.get('a'), form.getAll('a'), form.get('none'), form.getAll('none'), form.has('b'), form.has('c')],
    ['1', ['1', '2'], null, [], true, false]);
  assertEquals(form.getAll('b').map((f) => [f.name, f.type, f instanceof File]), [['blob', 't/x', true], ['z.txt', '', true]]);
  assertEquals(form.get('\ufffd'), '\ufffd');
  form.set('a', '3');
  form.set('c', 'c');
  assertEquals([...form.keys()], ['a', 'b', 'b', '\ufffd', 'c']);
  assertEquals([...form][0], ['a', '3']);
  form.delete('b');
  const seen = [];
  form.forEach((value, name) => seen.push(name + value));
  assertEquals([seen, [...form.values()]], [['a3', '\ufffd\ufffd', 'cc'], ['3', '\ufffd', 'c']]);
  assertThrows(() => form.append('a'), TypeError, '2 arguments');
  assertThrows(() => form.append('a', 'b', 'name'), TypeError, 'Blob');
  assertThrows(() => new FormData({}), TypeError);
});

function made() {
  const form = new FormData();
  form.append('te"xt\n', 'a\nb');
  form.append('file', new File([new Uint8Array([0, 255, 13, 10])], 'ü "x".bin', { type: 'a/b' }));
  form.append('empty', '');
  form.append('blob', new Blob(['--']));
  return form;
}

async function check(form) {
  const out = [];
  for (const [name, value] of form) out.push(typeof value === 'string' ? [name, value] : [name, value.name, value.type, ...(await value.bytes())]);
  assertEquals(out, [['te"xt\r\n', 'a\r\nb'], ['file', 'ü "x".bin', 'a/b', 0, 255, 13, 10], ['empty', ''],
    ['blob', 'blob', 'application/octet-stream', 45, 45]]);
}

test('a form as a body, and back', async () => {
  const response = new Response(made());
  assert(/^multipart\/form-data; boundary=----wqjs-form-[0-9a-f]{32}$/.test(response.headers.get('content-type')));
  await check(await response.formData());
  await assertRejects(response.formData(), TypeError, 'already');
  await check(await new Request('http://x', { method: 'POST', body: made() }).formData());
  const params = await new Response(new URLSearchParams('a=1&b=%C3%A9+&a=2')).formData();
  assertEquals([...params], [['a', '1'], ['b', 'é '], ['a', '2']]);
  const blob = new Response(new Blob(['x'], { type: 't/x' }));
  assertEquals([blob.headers.get('content-type'), (await blob.blob()).type], ['t/x', 't/x']);
  await assertRejects(new Response('x').formData(), TypeError, 'no form');
  await assertRejects(new Response(null).formData(), TypeError, 'no form');
});

test('formData() of a request to a server', async () => {
  const server = createServer(async (req, res) => {
    try {
      await check(await req.formData({ limits: { fieldSize: 5, parts: 4 } }));
      res.end('good');
    } catch (error) {
      res.statusCode = error.status ?? 500;
      res.end(error.message);
    }
  });
  const post = async (form, headers = {}) => {
    const response = new Response(form);
    const body = await response.bytes();
    const type = response.headers.get('content-type');
    const res = await server.inject({ method: 'POST', body, headers: { 'content-type': type, ...headers } });
    return `${res.status} ${res.text()}`;
  };
  assertEquals(await post(made()), '200 good');
  const more = made();
  more.append('one', 'more');
  assertEquals(await post(more), '413 multipart: more than 4 (limit parts)');
  const long = made();
  long.set('empty', '123456');
  assertEquals(await post(long), '413 multipart: more than 5 (limit fieldSize)');
  assertEquals(await post(new URLSearchParams('a=1234')), '413 form: more than 5 (limit fieldSize)');
  assertEquals((await post(new URLSearchParams('&a&b')).then((r) => r.slice(0, 3))), '500'); // read, but another form
  assertEquals(await post('text'), '415 formData: the body is no form');
  assertEquals((await post(made(), { 'content-type': 'multipart/form-data; boundary=x' })).slice(0, 3), '400');
});

test('formData() of an object with fetch(request)', async () => {
  const server = serve({
    fetch: async (request) => {
      await check(await request.formData());
      return new Response('good');
    },
  }, { port: 0, host: '127.0.0.1' });
  const response = new Response(made());
  const body = await response.bytes();
  const res = await server.inject({ method: 'POST', body, headers: { 'content-type': response.headers.get('content-type') } });
  assertEquals([res.status, res.text()], [200, 'good']);
  await server.close();
});
