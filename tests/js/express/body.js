import express from 'wqjs:express';
import { assert, assertEquals, assertRejects, assertThrows, test } from '../assert.js';

function make(...handlers) {
  const app = express();
  app.set('env', 'test');
  app.post('/', ...handlers);
  app.use((error, req, res, next) => res.status(error.status ?? 500).json({ message: error.message, type: error.type ?? null, limit: error.limit }));
  return app;
}

const echo = (req, res) => res.json({ body: req.body ?? null });
const post = async (app, body, headers) => {
  const res = await app.request('/', { method: 'POST', body, headers });
  return [res.status, await res.json()];
};
const gzip = Uint8Array.fromBase64('H4sIAAAAAAAAA6tWSlSyMqwFAK+sG1YHAAAA'); // {"a":1}
const zlib = Uint8Array.fromBase64('eJyrVkpUsjKsBQAIKgIJ');

test('without a parser', async () => {
  const app = make(echo);
  assertEquals(await post(app, '{"a":[1]}', { 'content-type': 'application/json' }), [200, { body: { a: [1] } }]);
  assertEquals(await post(app, 'a[b]=1&c=2', { 'content-type': 'application/x-www-form-urlencoded' }), [200, { body: { a: { b: '1' }, c: '2' } }]);
  assertEquals(await post(app, 'some text', { 'content-type': 'text/plain' }), [200, { body: 'some text' }]);
  assertEquals(await post(app, 'untyped'), [200, { body: 'untyped' }]);
  assertEquals(await post(app, 'x', { 'content-type': 'image/png' }), [200, { body: null }]);
  assertEquals((await post(app, '{', { 'content-type': 'application/json' }))[0], 400);
  assertEquals((await post(app, 'x'.repeat(200_000)))[0], 413);
  app.disable('body parser');
  assertEquals(await post(app, '{"a":1}', { 'content-type': 'application/json' }), [200, { body: null }]);
});

test('reading what was parsed already', async () => {
  const json = { 'content-type': 'application/json' };
  const read = async (handler) => (await post(make(async (req, res) => res.json(await handler(req))), '{"a":1}', json))[1];
  assertEquals(await read((req) => req.text()), '{"a":1}');
  assertEquals(await read((req) => req.json()), { a: 1 });
  assertEquals(await read(async (req) => (await req.bytes()).length), 7);
  assertEquals(await read(async (req) => (await req.read()).length), 7);
  assertEquals(await read(async (req) => {
    let n = 0;
    for await (const chunk of req) n += chunk.length;
    return n;
  }), 7);
});

test('streaming', async () => {
  const app = make(async (req, res) => {
    let n = 0;
    for await (const chunk of req) n += chunk.length;
    res.json(n);
  });
  assertEquals(await post(app, new Uint8Array(3_000_000), { 'content-type': 'application/octet-stream' }), [200, 3_000_000]);
});

test('inflate', async () => {
  const app = make(express.json(), echo);
  const json = { 'content-type': 'application/json' };
  assertEquals(await post(app, gzip, { ...json, 'content-encoding': 'gzip' }), [200, { body: { a: 1 } }]);
  assertEquals(await post(app, zlib, { ...json, 'content-encoding': 'deflate' }), [200, { body: { a: 1 } }]);
  assertEquals((await post(app, 'nonsense', { ...json, 'content-encoding': 'gzip' }))[0], 400);
  assertEquals((await post(app, gzip.subarray(0, 15), { ...json, 'content-encoding': 'gzip' }))[0], 400);
  assertEquals((await post(app, gzip, { ...json, 'content-encoding': 'lzma' }))[1].type, 'encoding.unsupported');
  assertEquals((await post(make(express.json({ inflate: false }), echo), gzip, { ...json, 'content-encoding': 'gzip' }))[0], 415);
  // the limit is for what comes out
  const [status, error] = await post(make(express.json({ limit: 6 }), echo), gzip, { ...json, 'content-encoding': 'gzip' });
  assertEquals([status, error.type], [413, 'entity.too.large']);
});

test('limits and options', async () => {
  const text = { 'content-type': 'text/plain' };
  assertEquals((await post(make(express.text({ limit: '1kb' }), echo), 'x'.repeat(1024), text))[0], 200);
  assertEquals(await post(make(express.text({ limit: '1kb' }), echo), 'x'.repeat(1025), text),
    [413, { message: 'request entity too large', type: 'entity.too.large', limit: 1024 }]);
  assertEquals((await post(make(express.text(), echo), 'x'.repeat(102_401), text))[0], 413);
  assertEquals(await post(make(express.text({ defaultCharset: 'latin1' }), echo), new Uint8Array([0xe9]), text), [200, { body: 'é' }]);
  assertEquals(await post(make(express.text({ type: (req) => req.get('x') === 'y' }), echo), 'hi', { 'content-type': 'a/b', x: 'y' }), [200, { body: 'hi' }]);
  const raw = make(express.raw(), (req, res) => res.json([req.body instanceof Uint8Array, [...req.body]]));
  assertEquals(await post(raw, new Uint8Array([0, 255]), { 'content-type': 'application/octet-stream' }), [200, [true, [0, 255]]]);
  assertThrows(() => express.json({ limit: 'much' }), TypeError, 'much');
  assertThrows(() => express.json({ verify: 1 }), TypeError, 'verify');
  assertThrows(() => express.urlencoded({ parameterLimit: 0 }), TypeError, 'parameterLimit');
  assertThrows(() => express.urlencoded({ depth: -1 }), TypeError, 'depth');
});

// ---- multipart ----

const BOUNDARY = 'xYzZY';
const TYPE = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const field = (name, value) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const file = (name, filename, type, value) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: ${type}\r\n\r\n${value}\r\n`;
const END = `--${BOUNDARY}--\r\n`;

function parts(options, each = async (part) => [part.name, part.filename ?? null, part.type, await part.text()]) {
  return make(async (req, res) => {
    const out = [];
    for await (const part of req.parts(options)) out.push(await each(part));
    res.json(out);
  });
}

test('multipart', async () => {
  const body = field('a', 'one') + file('f', 'C:\\x\\t.txt', 'text/plain', 'line\r\n--xYzZ\r\n--') + field('b%22c', '') + file('g', '', 'a/b', '\r\n') + END;
  const want = [['a', null, 'text/plain', 'one'], ['f', 't.txt', 'text/plain', 'line\r\n--xYzZ\r\n--'], ['b"c', null, 'text/plain', ''], ['g', '', 'a/b', '\r\n']];
  assertEquals(await post(parts(), body, TYPE), [200, want]);
  assertEquals(await post(parts(), `preamble\r\n${body}epilogue`, TYPE), [200, want]);
  assertEquals(await post(parts(undefined, async (part) => part.name), body, TYPE), [200, ['a', 'f', 'b"c', 'g']]);
  assertEquals(await post(parts(), END, TYPE), [200, []]);
  const big = 'x\r\n--xYz'.repeat(100_000);
  assertEquals(await post(parts(undefined, async (part) => {
    let n = 0;
    for await (const piece of part) n += piece.length;
    return n;
  }), file('big', 'b', 'a/b', big) + END, TYPE), [200, [big.length]]);
});

test('a part is read once', async () => {
  const app = parts(undefined, async (part) => {
    await part.text();
    await assertRejects(part.bytes(), TypeError, 'read before');
    return part.isFile;
  });
  assertEquals(await post(app, field('a', 'x') + END, TYPE), [200, [false]]);
});

test('multipart that is malformed', async () => {
  const bad = async (body, headers = TYPE) => (await post(parts(), body, headers))[0];
  assertEquals(await bad(field('a', 'x')), 400);
  assertEquals(await bad(''), 400);
  assertEquals(await bad('nothing of the kind'), 400);
  assertEquals(await bad(`--${BOUNDARY}\r\nno colon\r\n\r\nx\r\n${END}`), 400);
  assertEquals(await bad(`--${BOUNDARY}\r\nX: y\r\n\r\nx\r\n${END}`), 400);
  assertEquals(await bad(`--${BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n${END}`), 400);
  assertEquals(await bad(`--${BOUNDARY}junk\r\n\r\n${END}`), 400);
  assertEquals(await bad(END, { 'content-type': 'multipart/form-data' }), 415);
  assertEquals(await bad(END, { 'content-type': 'multipart/form-data; boundary=' }), 400);
  assertEquals(await bad(END, { 'content-type': `multipart/form-data; boundary=${'x'.repeat(71)}` }), 400);
  assertEquals(await bad('x', { 'content-type': 'text/plain' }), 415);
});

test('multipart limits', async () => {
  const limited = async (limits, body, each) => {
    const [status, { type }] = await post(parts({ limits }, each), body, TYPE);
    return [status, type];
  };
  assertEquals(await limited({ parts: 1 }, field('a', '') + field('b', '') + END), [413, 'limit.parts']);
  assertEquals(await limited({ files: 1 }, file('a', 'a', 'a/b', '') + file('b', 'b', 'a/b', '') + END), [413, 'limit.files']);
  assertEquals(await limited({ fieldSize: 3 }, field('a', 'xxxx') + END), [413, 'limit.fieldSize']);
  assertEquals(await limited({ fileSize: 3 }, file('a', 'a', 'a/b', 'xxxx') + END), [413, 'limit.fileSize']);
  assertEquals(await limited({ fileSize: 3 }, file('a', 'a', 'a/b', 'xxxx') + END, async () => 'not read'), [413, 'limit.fileSize']);
  assertEquals(await limited({ headerSize: 200 }, file('a', 'a'.repeat(300), 'a/b', 'x') + END), [413, 'limit.headerSize']);
  assertEquals((await post(parts({ limits: { fieldSize: 4 } }), field('a', 'xxxx') + END, TYPE))[0], 200);
});

test('formData() of a request', async () => {
  const app = make(async (req, res) => {
    const form = await req.formData({ limits: { files: 1 } });
    res.json([...form].map(([name, value]) => [name, typeof value === 'string' ? value : value.name]));
  });
  assertEquals(await post(app, field('a', '1') + file('f', 'n', 'a/b', 'x') + END, TYPE), [200, [['a', '1'], ['f', 'n']]]);
  assertEquals(await post(app, 'a=1&b=2', { 'content-type': 'application/x-www-form-urlencoded' }), [200, [['a', '1'], ['b', '2']]]);
  assertEquals((await post(app, file('f', 'n', 'a/b', 'x') + file('f', 'n', 'a/b', 'x') + END, TYPE))[0], 413);
  assertEquals((await post(app, 'x', { 'content-type': 'text/plain' }))[0], 415);
});

test('multipart middleware', async () => {
  const app = make(express.multipart({ limits: { files: 1 } }), (req, res) => {
    res.json([req.body, req.files.map((f) => [f.name, f.filename, f.type, new TextDecoder().decode(f.bytes)])]);
  });
  assertEquals(await post(app, field('a', '1') + field('a', '2') + field('a', '3') + file('f', 'n.txt', 'text/plain', 'data') + END, TYPE),
    [200, [{ a: ['1', '2', '3'] }, [['f', 'n.txt', 'text/plain', 'data']]]]);
  assertEquals((await post(app, file('f', 'a', 'a/b', '') + file('g', 'b', 'a/b', '') + END, TYPE))[0], 413);
  const other = make(express.multipart(), (req, res) => res.json(req.files ?? null));
  assertEquals(await post(other, 'x', { 'content-type': 'text/plain' }), [200, null]);
});

// What was cut into parts comes together again, wherever the chunks end.
test('multipart of random bytes', async () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let round = 0; round < 40; round++) {
    const values = Array.from({ length: 1 + random(4) }, () => {
      const pieces = ['\r', '\n', '--', BOUNDARY, `\r\n--${BOUNDARY.slice(0, 3)}`, 'x', '-', `--${BOUNDARY}`, '\r\n'];
      return Array.from({ length: random(30) }, () => pieces[random(pieces.length)]).join('').replaceAll(`\r\n--${BOUNDARY}`, '');
    });
    const body = values.map((v, i) => field(`f${i}`, v)).join('') + END;
    const [status, got] = await post(parts(), body, TYPE);
    assertEquals([status, status === 200 && got.map((p) => p[3])], [200, values], JSON.stringify(body));
  }
  assert(seed !== 7);
});
