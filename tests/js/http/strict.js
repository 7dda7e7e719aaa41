// What a server must refuse (RFC 9112), with the status it answers, after which
// it closes; and what it must not.
import { test, assert, assertEquals } from '../assert.js';
import { bodyOf, CLOSE, GET, serving, statusOf, talk } from './_util.js';

const post = (headers, body = '') => `POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;
const chunked = (body) => post('Transfer-Encoding: chunked\r\n', body);

const refused = [
  ['two Content-Lengths that differ', 400, post('Content-Length: 1\r\nContent-Length: 2\r\n', 'ab')],
  ['two Content-Lengths that agree', 400, post('Content-Length: 1\r\nContent-Length: 1\r\n', 'a')],
  ['a list as Content-Length', 400, post('Content-Length: 1, 1\r\n', 'a')],
  ['a signed Content-Length', 400, post('Content-Length: +1\r\n', 'a')],
  ['a Content-Length in hex', 400, post('Content-Length: 0x1\r\n', 'a')],
  ['a Content-Length beyond 64 bits', 400, post('Content-Length: 18446744073709551616\r\n')],
  ['Content-Length and Transfer-Encoding', 400, post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  ['Transfer-Encoding and Content-Length', 400, post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n')],
  ['an unknown Transfer-Encoding', 400, post('Transfer-Encoding: gzip\r\n')],
  ['gzip, chunked', 501, post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
  ['chunked twice', 400, post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n')],
  ['Transfer-Encoding in HTTP/1.0', 400, 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a chunk size that is no number', 400, chunked('x\r\n')],
  ['a negative chunk size', 400, chunked('-1\r\n')],
  ['a chunk size with a prefix', 400, chunked('0x1\r\na\r\n0\r\n\r\n')],
  ['a chunk size beyond 64 bits', 400, chunked('fffffffffffffffff\r\n')],
  ['a chunk size that overflows the limit', 413, chunked('fffffffffffffff0\r\n')],
  ['a chunk that is longer than its size', 400, chunked('1\r\nab\r\n0\r\n\r\n')],
  ['a chunk size that ends in LF', 400, chunked('1\na\r\n0\r\n\r\n')],
  ['a chunk that ends in LF', 400, chunked('1\r\na\n0\r\n\r\n')],
  ['a bare LF after the request line', 400, 'GET / HTTP/1.1\nHost: x\r\n\r\n'],
  ['a bare LF after a header', 400, 'GET / HTTP/1.1\r\nHost: x\n\r\n'],
  ['a bare LF at the end of the headers', 400, 'GET / HTTP/1.1\r\nHost: x\r\n\n'],
  ['a bare CR in a header', 400, 'GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n'],
  ['NUL in a header', 400, 'GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n'],
  ['whitespace before the colon', 400, 'GET / HTTP/1.1\r\nHost : x\r\n\r\n'],
  ['a folded header', 400, 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'],
  ['whitespace before the first header', 400, 'GET / HTTP/1.1\r\n Host: x\r\n\r\n'],
  ['a header without a name', 400, 'GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n'],
  ['a header without a colon', 400, 'GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n'],
  ['no Host', 400, 'GET / HTTP/1.1\r\n\r\n'],
  ['two Hosts', 400, 'GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n'],
  ['a Host that is none', 400, 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
  ['a Host with a path', 400, 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
  ['an absolute target without a host', 400, 'GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['* with GET', 400, 'GET * HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a fragment in the target', 400, 'GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['two spaces after the method', 400, 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a space in the target', 400, 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['no version', 400, 'GET /\r\nHost: x\r\n\r\n'],
  ['HTTP/2.0', 505, 'GET / HTTP/2.0\r\nHost: x\r\n\r\n'],
  ['the preface of HTTP/2', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/1.2', 505, 'GET / HTTP/1.2\r\nHost: x\r\n\r\n'],
  ['a method that is not known', 501, 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['CONNECT', 501, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
  ['an unknown expectation', 417, 'GET / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n'],
  ['TLS', 400, '\x16\x03\x01\x02\0\x01\0'],
];

test('malformed requests are answered with the right status, once, and then closed', () =>
  serving({}, async (req, res) => res.end(await req.text().catch(() => '')), async (server) => {
    for (const [name, status, request] of refused) {
      const bytes = Uint8Array.from(request, (c) => c.charCodeAt(0));
      const answer = await talk(server, bytes, `${GET}${CLOSE}`);
      assertEquals(statusOf(answer), status, name);
      assertEquals(answer.match(/HTTP\/1\.1 /g).length, 1, `${name}: answers`);
      assert(answer.includes('\r\nConnection: close\r\n'), name);
    }
  }));

test('the same byte by byte: nothing depends on how the bytes arrive', () =>
  serving({}, async (req, res) => res.end(await req.text().catch(() => '')), async (server) => {
    for (const [name, status, request] of refused.filter((_, i) => i % 6 === 0)) {
      const pieces = Array.from(request, (c) => Uint8Array.of(c.charCodeAt(0)));
      const conn = await (await import('wqjs:net')).connect({ host: '127.0.0.1', port: server.address().port });
      for (const piece of pieces) await conn.write(piece).catch(() => {});
      const { drain } = await import('./_util.js');
      assertEquals(statusOf(await drain(conn)), status, name);
    }
  }));

const accepted = [
  ['empty lines before the request', `\r\n\r\n${GET}${CLOSE}`, 'GET / '],
  ['an absolute target', `GET http://a:80/p?q HTTP/1.1\r\nHost: x\r\n${CLOSE}`, 'GET /p '],
  ['OPTIONS *', `OPTIONS * HTTP/1.1\r\nHost: x\r\n${CLOSE}`, 'OPTIONS * '],
  ['HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', 'GET / '],
  ['an empty Host', `GET / HTTP/1.1\r\nHost:\r\n${CLOSE}`, 'GET / '],
  ['whitespace around a value', `GET / HTTP/1.1\r\nHost: \t x \t\r\n${CLOSE}`, 'GET / '],
  ['chunks with extensions', `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n${CLOSE}2;a=b\r\nhi\r\n1\r\n!\r\n0\r\n\r\n`, 'POST / hi!'],
  ['an upgrade that nobody offers', `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: chat\r\nConnection: upgrade, close\r\n\r\n`, 'GET / '],
];

test('well-formed requests in unusual form are served', () =>
  serving({}, async (req, res) => res.end(`${req.method} ${req.path} ${await req.text()}`), async (server) => {
    for (const [name, request, body] of accepted) {
      assertEquals(bodyOf(await talk(server, request)), body, name);
      assertEquals(bodyOf(await talk(server, ...request)), body, `${name}, byte by byte`);
    }
  }));
