// What parse_http_request of wqjs:sockets must refuse: request smuggling and
// other malformed input, and what is over a limit.
import { test, assert, assertEquals } from '../assert.js';
import sockets from 'wqjs:sockets';

const parse = sockets.parse_http_request;
const latin1 = (s) => Uint8Array.from(s, (c) => c.charCodeAt(0));
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = POST + 'Transfer-Encoding: chunked\r\n\r\n';
const encoded = (...values) => POST + values.map((v) => `Transfer-Encoding: ${v}\r\n`).join('') + '\r\n0\r\n\r\n';
const BAD_TE = 'HPE_INVALID_TRANSFER_ENCODING';
const BAD_CL = 'HPE_INVALID_CONTENT_LENGTH';
const BAD_TOKEN = 'HPE_INVALID_HEADER_TOKEN';

function failure(data) {
  try {
    parse(data);
  } catch (e) {
    return e;
  }
  return null;
}

// Name, input, code, status (400 if missing).
const refused = [
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 'HPE_INVALID_HOST'],
  ['two Hosts', GET + 'Host: b\r\n\r\n', 'HPE_INVALID_HOST'],
  ['two equal Hosts', GET + 'host: a\r\n\r\n', 'HPE_INVALID_HOST'],
  ['two Hosts in HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n', 'HPE_INVALID_HOST'],
  ...['a b', 'a/b', 'a@b', 'u:p@a', 'a:b', 'a:1:2', 'a:123456', ':80',
    '[::1', '[]', '[::1]x', 'a,b', 'a?', 'a\\b', '\x80']
    .map((h) => [`Host ${h}`, `GET / HTTP/1.1\r\nHost: ${h}\r\n\r\n`, 'HPE_INVALID_HOST']),

  ['CL then TE', POST + 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', BAD_TE],
  ['CL 0 then TE', POST + 'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', BAD_TE],
  ['TE then CL', POST + 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n', BAD_CL],
  ['differing CL', POST + 'Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd', 'HPE_UNEXPECTED_CONTENT_LENGTH'],
  ['repeated CL', POST + 'Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc', 'HPE_UNEXPECTED_CONTENT_LENGTH'],
  ...['3, 3', '+3', '-3', '0x3', '3 3', '3.0', '3e0', '', ' ', '\x0b3', '99999999999999999999', 'three', '٣']
    .map((n) => [`CL "${n}"`, POST + `Content-Length: ${n}\r\n\r\nabc`, BAD_CL]),
  ['CL of 2**53', POST + 'Content-Length: 9007199254740992\r\n\r\n', BAD_CL, 413],

  ['TE not chunked', encoded('identity'), BAD_TE],
  ['TE empty', encoded(''), BAD_TE],
  ['TE chunked not last', encoded('chunked, gzip'), BAD_TE],
  ['TE chunked twice', encoded('chunked, chunked'), BAD_TE],
  ['TE on two lines', encoded('chunked', 'chunked'), BAD_TE],
  ['TE chunked, then identity', encoded('chunked', 'identity'), BAD_TE],
  ['TE unknown before chunked', encoded('gzip, chunked'), BAD_TE, 501],
  ['TE identity, then chunked', encoded('identity', 'chunked'), BAD_TE, 501],
  ['TE xchunked', encoded('xchunked'), BAD_TE],
  ['TE quoted', encoded('"chunked"'), BAD_TE],
  ['TE with a vertical tab', encoded('\x0bchunked'), BAD_TOKEN],
  ['TE in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', BAD_TE],
  ['TE in a trailer', CHUNKED + '0\r\nTransfer-Encoding: chunked\r\n\r\n', BAD_TE],
  ['CL in a trailer', CHUNKED + '0\r\nContent-Length: 5\r\n\r\n', BAD_CL],

  ['folded value', GET + 'X: a\r\n b\r\n\r\n', BAD_TOKEN],
  ['folded with a tab', GET + 'X: a\r\n\tb\r\n\r\n', BAD_TOKEN],
  ['folded empty value', GET + 'X:\r\n b\r\n\r\n', BAD_TOKEN],
  ['folded TE', POST + 'Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n', BAD_TOKEN],
  ['folded trailer', CHUNKED + '0\r\nX: y\r\n z\r\n\r\n', BAD_TOKEN],
  ['space before the first name', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'HPE_UNEXPECTED_SPACE'],
  ['space before colon', GET + 'X : a\r\n\r\n', BAD_TOKEN],
  ['tab before colon', GET + 'X\t: a\r\n\r\n', BAD_TOKEN],
  ['space before colon of CL', POST + 'Content-Length : 3\r\n\r\nabc', BAD_TOKEN],
  ['space in a name', GET + 'X Y: a\r\n\r\n', BAD_TOKEN],
  ['no name', GET + ': a\r\n\r\n', BAD_TOKEN],
  ['no colon', GET + 'X\r\n\r\n', BAD_TOKEN],
  ['NUL in a name', GET + 'X\0: a\r\n\r\n', BAD_TOKEN],
  ['name not ASCII', GET + '\xe9: a\r\n\r\n', BAD_TOKEN],
  ...['\0', '\x01', '\x08', '\x0b', '\x0c', '\x1b', '\x7f']
    .map((c) => [`control ${c.charCodeAt(0)} in a value`, GET + `X: a${c}b\r\n\r\n`, BAD_TOKEN]),

  ['bare LF after the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 'HPE_INVALID_VERSION'],
  ['bare LF after a header', GET + 'X: a\nY: b\r\n\r\n', 'HPE_CR_EXPECTED'],
  ['bare LF at the end', GET + '\n', BAD_TOKEN],
  ['bare CR in a value', GET + 'X: a\rY: b\r\n\r\n', 'HPE_LF_EXPECTED'],
  ['bare CR at the end', GET + '\r\r\n', 'HPE_STRICT'],
  ['bare LF before', '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_CR_EXPECTED'],
  ['bare CR before', '\r\n\rGET / HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_LF_EXPECTED'],

  ['two spaces after the method', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_UNEXPECTED_SPACE'],
  ['two spaces after the url', 'GET /  HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_UNEXPECTED_SPACE'],
  ['tab after the method', 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_INVALID_METHOD'],
  ['space after the version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n', 'HPE_INVALID_VERSION'],
  ['space before the method', ' GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_INVALID_METHOD'],
  ...['/\t', '/\0', '/\x7f', '/\xff', '/\x0c', 'a', '?a', '#', '/#a', '/?a#b', '*', '*a', 'http:/a',
    'http://', 'http:///a', 'http://?', 'http://u@h/', 'http://h:x/', 'a:80']
    .map((u) => [`url ${u}`, `GET ${u} HTTP/1.1\r\nHost: a\r\n\r\n`, 'HPE_INVALID_URL']),
  ['space in the url', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_INVALID_CONSTANT'],
  ...['/a', 'a', ':443', 'http://a/', 'a:443/x', 'a:443?x', 'u@a:443', '*']
    .map((u) => [`CONNECT ${u}`, `CONNECT ${u} HTTP/1.1\r\nHost: a\r\n\r\n`, 'HPE_INVALID_URL']),
  ...['Content-Length: 3', 'Transfer-Encoding: chunked']
    .map((l) => [`CONNECT, ${l}`, `CONNECT a:1 HTTP/1.1\r\nHost: a\r\n${l}\r\n\r\nabc`,
      'HPE_UNEXPECTED_CONTENT_LENGTH']),

  ['unknown method', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_INVALID_METHOD', 501],
  ['method in lower case', 'get / HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_INVALID_METHOD', 501],
  ['longer method', 'GETS / HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_INVALID_METHOD', 501],
  ['method of RTSP', 'DESCRIBE / HTTP/1.1\r\nHost: a\r\n\r\n', 'HPE_INVALID_CONSTANT'],
  ['TLS', '\x16\x03\x01\x02\x00', 'HPE_INVALID_METHOD'],
  ['a response', 'HTTP/1.1 200 OK\r\n\r\n', 'HPE_INVALID_METHOD'],
  ['HTTP/0.9', 'GET /\r\n\r\n', 'HPE_INVALID_VERSION'],
  ['HTTP/0.9 with a version', 'GET / HTTP/0.9\r\n\r\n', 'HPE_INVALID_VERSION', 505],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\n\r\n', 'HPE_INVALID_VERSION', 505],
  ['HTTP/2.0', 'GET / HTTP/2.0\r\n\r\n', 'HPE_INVALID_VERSION', 505],
  ['preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HPE_PAUSED_H2_UPGRADE', 505],
  ['HTTP/11', 'GET / HTTP/11\r\n\r\n', 'HPE_INVALID_VERSION'],
  ['HTTP/1.10', 'GET / HTTP/1.10\r\n\r\n', 'HPE_INVALID_VERSION'],
  ['http/1.1', 'GET / http/1.1\r\n\r\n', 'HPE_INVALID_CONSTANT'],
  ['RTSP/1.0', 'OPTIONS / RTSP/1.0\r\n\r\n', 'HPE_INVALID_CONSTANT'],
  ['ICE/1.0', 'SOURCE / ICE/1.0\r\n\r\n', 'HPE_INVALID_CONSTANT'],

  ...['', '-1', '0x1', '1 ', ' 1', '1 ;a', 'g', '+1', '10000000000000000']
    .map((n) => [`chunk size "${n}"`, CHUNKED + n + '\r\na\r\n0\r\n\r\n', 'HPE_INVALID_CHUNK_SIZE']),
  ['chunk size of 2**53', CHUNKED + '20000000000000\r\na', 'HPE_INVALID_CHUNK_SIZE', 413],
  ['bare LF after a chunk size', CHUNKED + '1\na\r\n0\r\n\r\n', 'HPE_CR_EXPECTED'],
  ['bare LF after a chunk', CHUNKED + '1\r\na\n0\r\n\r\n', 'HPE_CR_EXPECTED'],
  ['bare LF after an extension', CHUNKED + '1;a\na\r\n0\r\n\r\n', 'HPE_CR_EXPECTED'],
  ['bare CR after a chunk size', CHUNKED + '1\ra\r\n0\r\n\r\n', 'HPE_STRICT'],
  ['chunk longer than its size', CHUNKED + '1\r\nab\r\n0\r\n\r\n', 'HPE_STRICT'],
  ['nothing after a chunk', CHUNKED + '1\r\na0\r\n\r\n', 'HPE_STRICT'],
  ['LF in an extension', CHUNKED + '1;a="\n"\r\na\r\n0\r\n\r\n', 'HPE_STRICT'],
  ['bare LF after a trailer', CHUNKED + '0\r\nX: y\n\r\n', 'HPE_CR_EXPECTED'],
  ['bare LF at the end of the trailers', CHUNKED + '0\r\n\n', BAD_TOKEN],
  ['space before colon in a trailer', CHUNKED + '0\r\nX : y\r\n\r\n', BAD_TOKEN],
];

test('refused', () => {
  for (const [name, input, code, status = 400] of refused) {
    for (const data of [input, latin1(input)]) {
      const e = failure(data);
      assert(e instanceof InternalError, name);
      assertEquals([e.code, e.status], [code, status], name);
      assert(Number.isInteger(e.position) && e.position >= 0 && e.position <= 2 * input.length, name);
      assert(e.message.includes(code) && e.message.endsWith(` at byte ${e.position}`), e.message);
    }
  }
});

test('where it is wrong', () => {
  const e = failure(GET + 'Bad Name: x\r\n\r\n');
  assertEquals([e.message, e.position],
    ['parse_http_request: Invalid header token (HPE_INVALID_HEADER_TOKEN) at byte 28', GET.length + 3]);
  assertEquals(Object.keys(e), ['code', 'position', 'status']);
  assertEquals(failure(GET + 'Host: b\r\n\r\n').position, GET.length);
});

test('limits', () => {
  const KiB = 1024;
  const url = (n) => `GET /${'a'.repeat(n - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const head = (n) => GET + 'X: '.padEnd(n - GET.length - 4, 'a') + '\r\n\r\n';
  const many = (n) => GET + 'X: a\r\n'.repeat(n - 1) + '\r\n';
  const trailer = (n) => CHUNKED + '0\r\nX: ' + 'a'.repeat(n - 1) + '\r\n\r\n';
  const extension = (n) => CHUNKED + '1;' + 'a'.repeat(n) + '\r\na\r\n0\r\n\r\n';
  const cases = [
    // what, at its limit, one more, status, code
    ['url', url(16 * KiB), url(16 * KiB + 1), 414],
    ['headers', head(64 * KiB), head(64 * KiB + 1), 431],
    ['header count', many(512), many(513), 431],
    ['trailers', trailer(64 * KiB), trailer(64 * KiB + 1), 431],
    ['extensions', extension(16 * KiB), extension(16 * KiB + 1), 413, 'HPE_CHUNK_EXTENSIONS_OVERFLOW'],
  ];
  for (const [what, good, bad, status, code = 'HPE_HEADER_OVERFLOW'] of cases) {
    assertEquals(parse(good).bytesParsed, good.length, what);
    const e = failure(bad);
    assertEquals([e.code, e.status], [code, status], what);
  }
  assertEquals(failure('\r\n'.repeat(32 * KiB + 1)).status, 431, 'empty lines count');
  assertEquals(failure('GET /' + 'a'.repeat(16 * KiB)).status, 414, 'before the url ends');
  assertEquals(parse(head(64 * KiB).slice(0, -1)).needed, 'headers');
});
