// parse_http_request of wqjs:sockets.
import { test, assert, assertEquals, assertThrows } from '../assert.js';
import sockets from 'wqjs:sockets';

const parse = sockets.parse_http_request;
const latin1 = (s) => Uint8Array.from(s, (c) => c.charCodeAt(0));
const fromLatin1 = (b) => Array.from(b, (c) => String.fromCharCode(c)).join('');
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = POST + 'Transfer-Encoding: chunked\r\n\r\n';
const get = (lines) => parse(GET + lines + '\r\n');

function failure(data) {
  try {
    parse(data);
  } catch (e) {
    return e;
  }
  return null;
}

test('a whole request', () => {
  const text = 'GET /a/b%20c?x=1&y=2 HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*\r\n\r\n';
  assertEquals(parse(text), {
    complete: true,
    method: 'GET',
    url: '/a/b%20c?x=1&y=2',
    path: '/a/b%20c',
    query: { x: '1', y: '2' },
    headers: { host: 'example.com:8080', accept: '*/*' },
    httpVersion: '1.1',
    body: '',
    keepAlive: true,
    upgrade: false,
    bytesParsed: text.length,
  });
});

test('methods', () => {
  const methods = ('GET HEAD POST PUT DELETE OPTIONS TRACE PATCH COPY LOCK UNLOCK MKCOL MOVE PROPFIND PROPPATCH ' +
    'SEARCH BIND REBIND UNBIND ACL REPORT MKACTIVITY CHECKOUT MERGE M-SEARCH NOTIFY SUBSCRIBE UNSUBSCRIBE ' +
    'PURGE MKCALENDAR LINK UNLINK SOURCE QUERY').split(' ');
  for (const m of methods) {
    const r = parse(`${m} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert(r.complete, m);
    assertEquals(r.method, m);
  }
});

test('targets', () => {
  const cases = [
    // method, target, path, query
    ['GET', '/', '/', {}],
    ['GET', '/?', '/', {}],
    ['GET', '/a?b?c=d', '/a', { 'b?c': 'd' }],
    ['GET', '//a//b', '//a//b', {}],
    ['GET', '/../%2e%2E/%00', '/../%2e%2E/%00', {}],
    ['GET', '/a:b://c?d', '/a:b://c', { d: '' }],
    ['GET', '/?u=http://x/y', '/', { u: 'http://x/y' }],
    ['GET', 'http://h/p?q=1', '/p', { q: '1' }],
    ['GET', 'http://h', '/', {}],
    ['GET', 'http://h?q', '/', { q: '' }],
    ['GET', 'https://h:443/', '/', {}],
    ['GET', 'http://[::1]:80/x', '/x', {}],
    ['OPTIONS', '*', '*', {}],
    ['M-SEARCH', '*', '*', {}],
    ['CONNECT', 'h.example:443', 'h.example:443', {}],
    ['CONNECT', '[2001:db8::1]:443', '[2001:db8::1]:443', {}],
  ];
  for (const [method, url, path, query] of cases) {
    const r = parse(`${method} ${url} HTTP/1.1\r\nHost: h\r\n\r\n`);
    assertEquals([r.method, r.url, r.path, r.query], [method, url, path, query], url);
  }
});

test('queries', () => {
  const cases = [
    ['a=1', [['a', '1']]],
    ['a=1&a=2&a=3', [['a', '3']]],
    ['a', [['a', '']]],
    ['a=', [['a', '']]],
    ['=a', [['', 'a']]],
    ['=', [['', '']]],
    ['&&a=1&&', [['a', '1']]],
    ['a=b=c', [['a', 'b=c']]],
    ['a+b=c+d', [['a b', 'c d']]],
    ['a%2Bb=%26%3D', [['a+b', '&=']]],
    ['a=%C3%A9%E2%82%AC%F0%9F%98%80', [['a', 'é€😀']]],
    ['%C3%A9=1', [['é', '1']]],
    ['a=%ff', [['a', '\ufffd']]],
    ['a=%c3', [['a', '\ufffd']]],
    ['a=%c3%28', [['a', '\ufffd(']]],
    ['a=%ED%A0%80', [['a', '\ufffd\ufffd\ufffd']]],
    ['a=%', [['a', '%']]],
    ['a=%4', [['a', '%4']]],
    ['a=%zz%4g', [['a', '%zz%4g']]],
    ['a=%%41', [['a', '%A']]],
    ['a=%00b', [['a', '\0b']]],
    ['a;b=1', [['a;b', '1']]],
    ['__proto__=1&constructor=2&toString=3', [['__proto__', '1'], ['constructor', '2'], ['toString', '3']]],
    ['1=a&0=b', [['0', 'b'], ['1', 'a']]],
    ['a[b]=c&a[]=d', [['a[b]', 'c'], ['a[]', 'd']]],
  ];
  for (const [q, want] of cases) {
    const { query } = parse(`GET /?${q} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assertEquals(Object.entries(query), want, q);
    assert(Object.getPrototypeOf(query) === Object.prototype, q);
  }
});

test('header values', () => {
  const cases = [
    ['X: a\r\n', { x: 'a' }],
    ['X:a\r\n', { x: 'a' }],
    ['X: \t a b\t \r\n', { x: 'a b' }],
    ['X:\r\nY: \r\nZ: \t \r\n', { x: '', y: '', z: '' }],
    ['UPPER-case: V\r\n', { 'upper-case': 'V' }],
    ["!#$%&'*+-.^_`|~09: a\r\n", { "!#$%&'*+-.^_`|~09": 'a' }],
    ['X: a:b\r\n', { x: 'a:b' }],
    ['7: seven\r\n', { 7: 'seven' }],
    ['X: 1\r\nY: 2\r\nx: 3\r\n', { x: '1, 3', y: '2' }],
    ['X:\r\nX:\r\nX: a\r\n', { x: ', , a' }],
    ['Cookie: a=1\r\nCOOKIE: b=2\r\n', { cookie: 'a=1; b=2' }],
    ['Set-Cookie: a\r\n', { 'set-cookie': ['a'] }],
    ['Set-Cookie: a\r\nset-cookie: b\r\n', { 'set-cookie': ['a', 'b'] }],
    ['Content-Type: a\r\nContent-Type: b\r\n', { 'content-type': 'a' }],
    ['Authorization: a\r\nauthorization: b\r\n', { authorization: 'a' }],
    ['User-Agent:\r\nUser-Agent: b\r\n', { 'user-agent': '' }],
    ['Accept: a\r\nAccept: b\r\n', { accept: 'a, b' }],
    ['Upgrade: a\r\n', { upgrade: 'a' }],
  ];
  for (const [lines, want] of cases) {
    const { headers } = get(lines);
    assertEquals(headers, { host: 'a', ...want }, lines);
  }
});

test('only the first of these headers counts', () => {
  for (const name of ['age', 'authorization', 'content-type', 'etag', 'expires', 'from', 'if-modified-since',
    'if-unmodified-since', 'last-modified', 'location', 'max-forwards', 'proxy-authorization', 'referer',
    'retry-after', 'server', 'user-agent']) {
    assertEquals(get(`${name}: 1\r\n${name.toUpperCase()}: 2\r\n`).headers[name], '1', name);
  }
});

test('names of Object.prototype are ordinary headers', () => {
  const { headers } = get('__proto__: p\r\nconstructor: c\r\n__proto__: q\r\n');
  assertEquals(Object.entries(headers), [['host', 'a'], ['__proto__', 'p, q'], ['constructor', 'c']]);
  assert(Object.getPrototypeOf(headers) === Object.prototype);
  assert(Object.getOwnPropertyDescriptor(headers, '__proto__').writable);
});

test('text outside ASCII: UTF-8 of a string, Latin-1 of bytes', () => {
  assertEquals(get('X: é€😀\r\n').headers.x, 'é€😀');
  assertEquals(parse(latin1(GET + 'X: \xe9\xff\x80\r\n\r\n')).headers.x, '\xe9\xff\x80');
  assertEquals(parse(latin1(GET + 'X: \xc3\xa9\r\nX: b\r\n\r\n')).headers.x, '\xc3\xa9, b');
  assertEquals(get('X: \ud800\r\n').headers.x, '\ufffd');
});

test('versions, keep-alive, upgrade', () => {
  const cases = [
    // version, headers, keepAlive, upgrade
    ['1.1', '', true, false],
    ['1.1', 'Connection: close\r\n', false, false],
    ['1.1', 'Connection: x, CLOSE\r\n', false, false],
    ['1.1', 'Connection: keep-alive\r\n', true, false],
    ['1.0', '', false, false],
    ['1.0', 'Connection: Keep-Alive\r\n', true, false],
    ['1.1', 'Upgrade: websocket\r\nConnection: Upgrade\r\n', true, true],
    ['1.1', 'Upgrade: websocket\r\n', true, false],
    ['1.1', 'Connection: Upgrade\r\n', true, false],
    ['1.0', 'Upgrade: websocket\r\nConnection: Upgrade\r\n', false, false],
  ];
  for (const [version, lines, keepAlive, upgrade] of cases) {
    const r = parse(`GET / HTTP/${version}\r\nHost: a\r\n${lines}\r\n`);
    assertEquals([r.httpVersion, r.keepAlive, r.upgrade], [version, keepAlive, upgrade], version + ' ' + lines);
  }
  assertEquals(parse('GET / HTTP/1.0\r\n\r\n').headers, {}, 'HTTP/1.0 needs no Host');
  assertEquals(parse(CHUNKED + '0\r\nConnection: close\r\n\r\n').keepAlive, true, 'a trailer decides nothing');
});

test('after an upgrade the bytes are left alone', () => {
  const head = GET + 'Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n';
  assertEquals(parse(head + '\x81\x05hello').bytesParsed, head.length);
  const connect = 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n';
  const r = parse(latin1(connect + '\x16\x03\x01'));
  assertEquals([r.upgrade, r.bytesParsed, r.body.length], [true, connect.length, 0]);
});

test('bodies', () => {
  const cases = [
    [POST + 'Content-Length: 5\r\n\r\nhello', 'hello'],
    [POST + 'Content-Length: 0\r\n\r\n', ''],
    [POST + 'Content-Length: 005\r\n\r\nhello', 'hello'],
    [POST + 'content-length:\t5 \t\r\n\r\nhello', 'hello'],
    [POST + '\r\n', ''],
    [GET + 'Content-Length: 3\r\n\r\nabc', 'abc'],
    [CHUNKED + '0\r\n\r\n', ''],
    [CHUNKED + '5\r\nhello\r\n0\r\n\r\n', 'hello'],
    [CHUNKED + '1\r\nh\r\n3\r\nell\r\n1\r\no\r\n00\r\n\r\n', 'hello'],
    [CHUNKED + 'A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n', '01234567890123456789'],
    [CHUNKED + '5;a;b=c;d="e;\\"f"\r\nhello\r\n0;x\r\n\r\n', 'hello'],
    [CHUNKED + '2\r\n\r\n\r\n0\r\n\r\n', '\r\n'],
    [POST + 'Transfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n', 'a'],
  ];
  for (const [text, body] of cases) {
    const r = parse(text);
    assertEquals([r.complete, r.body, r.bytesParsed, r.trailers], [true, body, text.length, undefined], text);
    const b = parse(latin1(text)).body;
    assert(b instanceof Uint8Array, text);
    assertEquals(fromLatin1(b), body, text);
  }
});

test('a string body counts bytes', () => {
  const head = POST + 'Content-Length: 9\r\n\r\n';
  const r = parse(head + 'é€😀rest');
  assertEquals([r.body, r.bytesParsed], ['é€😀', head.length + 9]);
  assertEquals(parse(POST + 'Content-Length: 1\r\n\r\né').body, '\ufffd', 'cut inside a character');
});

test('all 256 byte values survive', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = fromLatin1(all);
  for (const data of [
    POST + 'Content-Length: 256\r\n\r\n' + text,
    CHUNKED + '100\r\n' + text + '\r\n0\r\n\r\n',
    CHUNKED + '1\r\n' + text[0] + '\r\nFF\r\n' + text.slice(1) + '\r\n0\r\n\r\n',
  ]) {
    const { body } = parse(latin1(data));
    assertEquals(body.length, 256);
    assert(body.every((b, i) => b === i));
  }
});

test('the body is a copy', () => {
  const data = latin1(POST + 'Content-Length: 2\r\n\r\nab');
  const { body } = parse(data);
  data.fill(0);
  assertEquals(fromLatin1(body), 'ab');
});

test('trailers', () => {
  const r = parse(CHUNKED + '1\r\na\r\n0\r\nX: 1\r\nx: 2\r\nHost: b\r\n__proto__: z\r\n\r\n');
  assertEquals(r.body, 'a');
  assertEquals(Object.entries(r.trailers), [['x', '1, 2'], ['host', 'b'], ['__proto__', 'z']]);
  assertEquals(r.headers.host, 'a');
  assertEquals(r.headers.x, undefined);
});

test('every kind of bytes', () => {
  const text = POST + 'Content-Length: 4\r\n\r\nabcd';
  const exact = latin1(text + ' '.repeat((8 - text.length % 8) % 8));
  const inside = new Uint8Array(exact.length + 16).fill(0x58);
  inside.set(exact, 8);
  for (const data of [exact, exact.buffer, new DataView(exact.buffer), new Uint16Array(exact.buffer),
    new Float64Array(exact.buffer), new Uint8ClampedArray(exact.buffer), inside.subarray(8, 8 + exact.length),
    new DataView(inside.buffer, 8, exact.length)]) {
    const r = parse(data);
    assertEquals([fromLatin1(r.body), r.bytesParsed], ['abcd', text.length], data.constructor.name);
  }
  for (const bad of [undefined, null, 1, true, {}, [], Symbol('s'), () => 0, { toString: () => text }]) {
    assertThrows(() => parse(bad), TypeError);
  }
  assertThrows(() => parse(), TypeError);
});

test('nothing yet', () => {
  for (const data of ['', new ArrayBuffer(0), '\r', '\r\n', '\r\n\r\n', 'G']) {
    assertEquals(parse(data), { complete: false, needed: 'headers' });
  }
});

test('every split point', () => {
  const chunkedHead = 'POST /u?a=b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const lengthHead = '\r\nPUT /x HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 11\r\nX: \t y \r\n\r\n';
  const cases = [
    // head, body, contentLength
    ['GET /a?b=c HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nCookie: a\r\nCookie: b\r\n\r\n', '', 0],
    ['\r\n\r\nCONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', '', 0],
    [lengthHead, 'hello\r\n\r\n\0\x7f', 11],
    [chunkedHead, '5;x="y"\r\nhello\r\nb\r\n 0123456789\r\n0\r\nT: v\r\n\r\n', undefined],
  ];
  for (const [head, body, contentLength] of cases) {
    const data = latin1(head + body);
    const whole = parse(data);
    assertEquals([whole.complete, whole.bytesParsed], [true, data.length]);
    for (let n = 0; n < data.length; n++) {
      const r = parse(data.subarray(0, n));
      assertEquals([r.complete, r.needed], [false, n < head.length ? 'headers' : 'body'], `${n} of ${head}`);
      assertEquals('method' in r, n >= head.length, `${n} of ${head}`);
      if (n >= head.length) {
        assertEquals([r.method, r.url, r.path, r.query, r.headers, r.httpVersion, r.contentLength],
          [whole.method, whole.url, whole.path, whole.query, whole.headers, whole.httpVersion, contentLength]);
      }
    }
    const more = new Uint8Array(data.length + 20).fill(0x47);
    more.set(data);
    assertEquals(parse(more).bytesParsed, data.length, 'with more behind it');
  }
});

test('pipelined requests', () => {
  const texts = [
    GET + '\r\n',
    POST + 'Content-Length: 3\r\n\r\nabc',
    '\r\n' + CHUNKED + '3\r\nabc\r\n0\r\nX: y\r\n\r\n',
    'HEAD /last HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n',
    'garbage',
  ];
  let data = latin1(texts.join(''));
  const seen = [];
  for (let i = 0; i < 4; i++) {
    const r = parse(data);
    assertEquals(r.bytesParsed, texts[i].length);
    seen.push([r.method, fromLatin1(r.body), r.keepAlive]);
    data = data.subarray(r.bytesParsed);
  }
  assertEquals(seen, [['GET', '', true], ['POST', 'abc', true], ['POST', 'abc', true], ['HEAD', '', false]]);
});

test('nothing of the script runs', () => {
  let ran = '';
  const trap = (what) => ({
    get() { ran += ` get ${what}`; },
    set() { ran += ` set ${what}`; },
    configurable: true,
  });
  const names = ['complete', 'method', 'headers', 'host', 'x', 'a', 'set-cookie', '0', 'code', 'status', 'position'];
  try {
    for (const n of names) Object.defineProperty(Object.prototype, n, trap(n));
    Object.defineProperty(Array.prototype, '0', trap('[0]'));
    parse('GET /?a=1&a=2 HTTP/1.1\r\nHost: h\r\nX: 1\r\nX: 2\r\nSet-Cookie: c\r\nSet-Cookie: d\r\n\r\n');
    parse(latin1(CHUNKED + '1\r\na\r\n1\r\nb\r\n0\r\nX: \xff\r\n\r\n'));
    parse('GET /?a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n');
    failure('nonsense\r\n');
  } finally {
    for (const n of names) delete Object.prototype[n];
    delete Array.prototype[0];
  }
  assertEquals(ran, '');
});

test('parsing again while the error is made', () => {
  const saved = Error.prepareStackTrace;
  const data = latin1('GET / HTTP/1.1\r\nBad Name: x\r\n\r\n');
  let inner;
  Error.prepareStackTrace = (e, frames) => {
    data.buffer.transfer?.();
    inner ??= parse(CHUNKED + '1\r\na\r\n1\r\nb\r\n0\r\n\r\n').body;
    return 'stack';
  };
  try {
    assertEquals(failure(data).code, 'HPE_INVALID_HEADER_TOKEN');
  } finally {
    Error.prepareStackTrace = saved;
  }
  assertEquals(inner ?? 'ab', 'ab');
});

test('a body across the limit of the headers', () => {
  const body = 'b'.repeat(200 * 1024);
  const sized = POST + `Content-Length: ${body.length}\r\n\r\n` + body;
  const chunk = '1f4\r\n' + 'b'.repeat(500) + '\r\n';
  const chunked = CHUNKED + chunk.repeat(400) + '0\r\nTrailer: ' + 'x'.repeat(1000) + '\r\n\r\n';
  assert(parse(sized).body === body);
  assertEquals(parse(sized.slice(0, -1)).needed, 'body');
  assert(parse(chunked).body === 'b'.repeat(200000));
  assertEquals(parse(latin1(chunked)).bytesParsed, chunked.length);
  const head = CHUNKED + 'f000\r\n';
  const tail = '\r\n0\r\nTrailer: abc\r\n\r\n';
  for (let n = 0; n <= tail.length; n++) { // the limit falls on byte n of the tail
    const fill = 64 * 1024 - head.length - n;
    const size = fill.toString(16).padStart(4, '0');
    const r = parse(head.replace('f000', size) + 'c'.repeat(fill) + tail + 'GET');
    assertEquals([r.body.length, r.trailers], [fill, { trailer: 'abc' }], `${n}`);
  }
});
