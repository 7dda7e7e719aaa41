import { test, assert, assertEquals, assertThrows } from '../assert.js';
import * as std from 'std';
import { createServer } from 'wqjs:http';
import { bodyOf, CLOSE, GET, serving, statusOf, talk } from './_util.js';

const headOf = (answer) => answer.slice(0, answer.indexOf('\r\n\r\n'));
const answerTo = (handler, options) => createServer(handler).inject(options ?? '/');

test('HEAD, 204 and 304 have no body', async () => {
  const handler = (req, res) => {
    if (req.path !== '/200') res.statusCode = Number(req.path.slice(1));
    res.end('body');
  };
  const head = await answerTo(handler, { method: 'HEAD', url: '/200' });
  assertEquals([head.text(), head.headers['content-length']], ['', '4']);
  for (const status of [204, 304]) {
    const res = await answerTo(handler, `/${status}`);
    assertEquals([res.status, res.text(), res.headers['content-length'], res.headers['transfer-encoding']], [status, '', undefined, undefined]);
  }
  await serving({}, async (req, res) => {
    await res.write('x');
    res.end('y');
  }, async (server) => {
    assertEquals(bodyOf(await talk(server, `HEAD / HTTP/1.1\r\nHost: x\r\n${CLOSE}`)), '', 'of write()');
  });
});

test('HTTP/1.0: keep-alive when asked for, no chunks', () =>
  serving({}, async (req, res) => {
    if (req.path === '/stream') await res.write('a');
    res.end('b');
  }, async (server) => {
    const two = await talk(server, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const [first, second] = two.split('HTTP/1.1 200 OK').slice(1);
    assert(first.includes('\r\nConnection: keep-alive\r\n'), first);
    assert(second.includes('\r\nConnection: close\r\n') && !second.includes('chunked'), second);
    assertEquals(bodyOf(second), 'ab');
    assert(headOf(await talk(server, 'GET / HTTP/1.0\r\n\r\n')).includes('Connection: close'));
  }));

test('header values cannot break out', () => answerTo((req, res) => {
  for (const value of ['a\r\nB: c', 'a\nb', 'a\0', '\x7f', '\u0100', '😀']) assertThrows(() => res.setHeader('A', value), TypeError);
  for (const name of ['', 'a b', 'a:', 'ä', 'a\r\n', '(']) assertThrows(() => res.setHeader(name, 'x'), TypeError);
  assertThrows(() => res.setHeader('A', undefined), TypeError);
  assertThrows(() => res.setHeader('Content-Length', '-1'), TypeError);
  assertThrows(() => res.setHeader('Content-Length', '1, 1'), TypeError);
  assertThrows(() => res.setHeader('Transfer-Encoding', 'gzip'), TypeError);
  assertThrows(() => (res.statusMessage = 'a\r\nb'), TypeError);
  for (const status of [0, 99, 199, 1000, NaN, 'x', 200.5]) assertThrows(() => (res.statusCode = status), RangeError);
  assertThrows(() => res.appendHeader('A', ['ok', 'b\r\n']), TypeError);
  assertEquals(res.getHeaderNames(), []);
  res.end();
}).then((res) => assertEquals(res.status, 200)));

test('headers: set, append, get, has, remove', async () => {
  const { rawHeaders, statusText } = await answerTo((req, res) => {
    res.setHeader('X-One', 1).setHeader('x-one', 'é').appendHeader('Vary', 'a').appendHeader('Vary', 'b');
    res.setHeader('Gone', 'x');
    res.removeHeader('gone');
    assertEquals(res.getHeader('X-ONE'), 'é');
    assertEquals(res.getHeader('vary'), ['a', 'b']);
    assertEquals([res.hasHeader('vary'), res.hasHeader('gone')], [true, false]);
    assertEquals({ ...res.getHeaders() }, { 'x-one': 'é', vary: ['a', 'b'] });
    res.writeHead(200, 'Fine', { 'X-Two': ['2', '3'], Date: 'today' });
    assertEquals(res.headersSent, false);
    res.end();
    assertEquals([res.headersSent, res.writableEnded], [true, true]);
    assertThrows(() => res.setHeader('A', 'b'), TypeError, 'sent already');
    assertThrows(() => res.end('more'), TypeError, 'ended');
    assertThrows(() => res.write('more'), TypeError, 'ended');
    assertEquals(res.end(), res);
  });
  assertEquals(statusText, 'Fine');
  assertEquals(rawHeaders.slice(0, 12), ['x-one', 'é', 'Vary', 'a', 'Vary', 'b', 'X-Two', '2', 'X-Two', '3', 'Date', 'today']);
});

test('Content-Length that was set must be kept', () =>
  serving({}, (req, res) => {
    res.setHeader('Content-Length', 3);
    if (req.path === '/more') assertThrows(() => res.end('four'), RangeError, 'Content-Length');
    if (req.path === '/exact') return res.write('on') && res.end('e');
    res.write('ab');
    if (req.path === '/more') assertThrows(() => res.write('cd'), RangeError);
    res.end();
  }, async (server) => {
    const exact = await talk(server, `GET /exact HTTP/1.1\r\nHost: x\r\n${CLOSE}`);
    assert(!exact.includes('chunked') && bodyOf(exact) === 'one', exact);
    assertEquals(bodyOf(await talk(server, `GET /less HTTP/1.1\r\nHost: x\r\n\r\n${GET}\r\n`)), 'ab', 'cut short, and closed');
    assertEquals(bodyOf(await talk(server, 'GET /more HTTP/1.1\r\nHost: x\r\n\r\n')), 'ab');
  }));

test('bytes of every kind', async () => {
  const bytes = new Uint8Array([0, 255, 10, 13, 128]);
  for (const chunk of [bytes, bytes.buffer, new DataView(bytes.buffer)]) {
    assertEquals((await answerTo((req, res) => res.end(chunk))).bytes(), bytes);
  }
  assertEquals((await answerTo((req, res) => res.end('ü€😀\ud800'))).text(), 'ü€😀\ufffd');
  for (const chunk of [{}, Symbol('x')]) {
    await answerTo((req, res) => {
      assertThrows(() => res.end(chunk), TypeError);
      res.end();
    });
  }
});

test('a large body in one piece, and in many', async () => {
  const big = 'x'.repeat(3 << 20);
  assertEquals((await answerTo((req, res) => res.end(big))).text().length, big.length);
  const streamed = await answerTo(async (req, res) => {
    for (let i = 0; i < 64; i++) await res.write('y'.repeat(50_000));
    res.end();
  });
  assertEquals(streamed.text().length, 64 * 50_000);
});

test('writing without waiting ends in an error, not in all memory', () => answerTo((req, res) => {
  const chunk = new Uint8Array(4 << 20);
  assertThrows(() => {
    for (let i = 0; i < 100; i++) res.write(chunk);
  }, RangeError, '16 MiB');
  res.destroy();
}).then(() => assert(false, 'there was an answer'), (error) => assert(/incomplete/.test(error.message), error.message)));

test('file(): whole, a range, HEAD, and what goes wrong', async () => {
  const path = `${scriptArgs[1]}/file.bin`;
  const text = Array.from({ length: 300_000 }, (_, i) => String.fromCharCode(32 + (i * 7) % 90)).join('');
  const f = std.open(path, 'w');
  f.puts(text);
  f.close();
  const get = (range, method = 'GET') => answerTo((req, res) => res.file(path, range), { method });
  assertEquals((await get()).text() === text, true);
  assertEquals((await get({ start: 10, end: 20 })).text(), text.slice(10, 20));
  assertEquals((await get({ start: 299_999 })).text(), text.slice(299_999));
  assertEquals((await get({ start: 5, end: 5 })).text(), '');
  const head = await get({}, 'HEAD');
  assertEquals([head.text(), head.headers['content-length']], ['', '300000']);
  await answerTo((req, res) => {
    assertThrows(() => res.file(`${path}.none`), (e) => e.code === 'ENOENT');
    assertThrows(() => res.file(scriptArgs[1]), (e) => e.code === 'EISDIR');
    assertThrows(() => res.file('/etc/passwd'), (e) => e.code === 'EACCES' || e.code === 'ENOENT' || e.code === 'ENOTCAPABLE');
    assertThrows(() => res.file(path, { start: 2, end: 1 }), RangeError);
    assertThrows(() => res.file(path, { end: 300_001 }), RangeError);
    res.end('still open');
  }).then((res) => assertEquals(res.text(), 'still open'));
});

test('file(): pieces, each after a text', async () => {
  const path = `${scriptArgs[1]}/parts.bin`;
  const text = Array.from({ length: 600_000 }, (_, i) => String.fromCharCode(32 + (i * 7) % 90)).join('');
  const f = std.open(path, 'w');
  f.puts(text);
  f.close();
  const get = (parts, method = 'GET') => answerTo((req, res) => res.file(path, { parts }), { method });
  const parts = [{ text: 'a', start: 3, end: 6 }, { text: 'é' }, { start: 1, end: 400_000 }, { text: 'b', start: 0, end: 600_000 }, { text: 'end' }];
  const whole = `a${text.slice(3, 6)}é${text.slice(1, 400_000)}b${text}end`;
  assertEquals((await get(parts)).text() === whole, true);
  assertEquals((await get([])).text(), '');
  const head = await get(parts, 'HEAD');
  assertEquals([head.text(), head.headers['content-length']], ['', String(whole.length + 1)]);
  // Over a connection, more than one turn long, and another answer behind it.
  await serving({}, (req, res) => (req.path === '/' ? res.file(path, { parts: [...parts, ...parts, ...parts] }) : res.end('next')), async (server) => {
    const answer = await talk(server, `${GET}\r\nGET /next HTTP/1.1\r\nHost: x\r\n${CLOSE}`);
    const bytes = bodyOf(answer);
    assertEquals(bytes.startsWith(unescape(encodeURIComponent(whole + whole + whole)) + 'HTTP/1.1 200 OK'), true);
    assertEquals(bytes.endsWith('next'), true);
  });
  await answerTo((req, res) => {
    assertThrows(() => res.file(path, { parts: [{ start: 1, end: 600_001 }] }), RangeError, 'outside');
    assertThrows(() => res.file(path, { parts: [{ start: NaN, end: 3 }] }), RangeError, 'outside');
    assertThrows(() => res.file(path, { parts: [{ text: 'x'.repeat(16 * 1024 + 1) }] }), RangeError, 'longer');
    assertThrows(() => res.file(path, { parts: new Array(16385).fill({}) }), RangeError, 'parts');
    assertThrows(() => res.file(path, { parts: [{ text: Symbol('x') }] }), TypeError);
    assertThrows(() => res.file(`${path}.none`, { parts }), (e) => e.code === 'ENOENT');
    const inner = { valueOf() { assertThrows(() => res.file(path, { parts: [{ text: 'x', start: 1, end: 1e9 }] }), RangeError); return 2; } };
    assertThrows(() => res.file(path, { parts: [...new Array(100).fill({ text: 'long' }), { start: inner, end: 1 }] }), RangeError, 'outside');
    res.end('still open');
  }).then((res) => assertEquals(res.text(), 'still open'));
});

test('1xx before the response', () =>
  serving({}, (req, res) => {
    res.writeInformational(103, { Link: ['</a>', '</b>'] });
    assertThrows(() => res.writeInformational(200), RangeError);
    assertThrows(() => res.writeInformational(101), RangeError);
    assertThrows(() => res.writeInformational(103, { 'A b': 'x' }), TypeError);
    res.end('done');
    assertThrows(() => res.writeInformational(103), TypeError);
  }, async (server) => {
    const answer = await talk(server, GET + CLOSE);
    assert(answer.startsWith('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\n\r\nHTTP/1.1 200 OK\r\n'), answer);
  }));

test('Expect: 100-continue is answered when the body is read, and only then', () =>
  serving({}, async (req, res) => {
    if (req.path === '/no') {
      res.statusCode = 403;
      return res.end();
    }
    res.end(await req.text());
  }, async (server) => {
    const head = (path) => `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n`;
    const yes = await talk(server, head('/yes') + CLOSE, 'ok');
    assert(yes.startsWith('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n'), yes);
    assertEquals(yes.slice(-2), 'ok');
    const no = await talk(server, `${head('/no')}\r\n`);
    assertEquals(statusOf(no), 403);
    assert(no.includes('Connection: close'), no);
  }));

test('Connection: close of the response closes', () =>
  serving({}, (req, res) => res.setHeader('Connection', 'close').end('bye'), async (server) => {
    assertEquals((await talk(server, `${GET}\r\n${GET}\r\n`)).match(/bye/g).length, 1);
  }));
