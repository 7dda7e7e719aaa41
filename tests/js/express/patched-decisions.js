// What a program does to the built-ins must not turn the library's decisions:
// who may in, which origin may read, whom to believe, how much is too much.
import express, { basicAuth, cors, rateLimit } from 'express';
import { createServer } from 'wqjs:http';
import { assertEquals, assertThrows, test } from '../assert.js';

const self = function () { return this; };
const yes = () => true;
const no = () => false;
const nothing = () => undefined;
const iterator = function* () {};
const PATCHES = [
  ...[['includes', yes], ['includes', no], ['startsWith', yes], ['endsWith', yes], ['split', (text) => [String(text)]], ['split', () => []],
    ['slice', self], ['slice', () => ''], ['indexOf', () => -1], ['indexOf', () => 0], ['lastIndexOf', () => -1], ['charCodeAt', () => 0],
    ['toLowerCase', () => ''], ['replace', self], ['replaceAll', self], ['trim', () => ''], ['padStart', () => '0'], [Symbol.iterator, iterator],
  ].map(([name, value]) => [String.prototype, name, value]),
  ...[['test', yes], ['test', no], ['exec', () => null], ['exec', function (text) { return this.global ? null : [text, '127', '0', '0', '1']; }], [Symbol.replace, (text) => text], [Symbol.split, () => []],
  ].map(([name, value]) => [RegExp.prototype, name, value]),
  ...[['includes', yes], ['some', yes], ['some', no], ['every', yes], ['every', no], ['filter', () => []], ['join', () => '*'], ['pop', nothing], ['push', () => 0],
    ['map', () => []], ['indexOf', () => 0], ['slice', () => ['127.0.0.1']], ['reverse', () => ['127.0.0.1']], ['at', () => '127.0.0.1'], ['find', () => 'x'],
    ['concat', () => []], ['flat', () => []], ['flatMap', () => []], ['fill', () => []], ['forEach', nothing], [Symbol.iterator, iterator],
  ].map(([name, value]) => [Array.prototype, name, value]),
  ...[['get', nothing], ['get', () => ({ count: 0, until: Infinity })], ['has', no], ['set', self], ['delete', yes], ['keys', () => [].values()], [Symbol.iterator, iterator],
  ].map(([name, value]) => [Map.prototype, name, value]),
  [Promise.prototype, 'then', (call) => call(true)], [Promise.prototype, 'catch', nothing], [Promise, 'race', () => Promise.resolve()],
  [Function.prototype, 'call', yes], [Function.prototype, 'apply', yes],
  [Uint8Array, 'fromBase64', () => new TextEncoder().encode('me:secret')], [TextDecoder.prototype, 'decode', () => 'me:secret'],
  [Object, 'keys', () => []], [Object, 'hasOwn', yes], [Array, 'isArray', yes], [Number, 'isNaN', yes], [Number, 'isFinite', no],
  [Math, 'max', () => 0], [Math, 'min', () => Infinity], [Math, 'floor', () => Infinity], [Date, 'now', () => 0], [JSON, 'parse', () => 'parsed'],
  [globalThis, 'parseInt', () => 0], [globalThis, 'Number', () => 0], [globalThis, 'String', () => 'me'], [globalThis, 'decodeURIComponent', (text) => text],
];

let patch = null;
const app = express();
app.set('env', 'production').set('trust proxy', '10.0.0.0/8, 192.168.0.0/255.255.0.0, 2001:db8::/32');
app.use((req, res, next) => {
  if (patch === null) return next();
  const [object, name, value] = patch;
  const original = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
  try {
    next(); // all below runs now
  } finally {
    Reflect.defineProperty(object, name, original);
  }
  return undefined;
});
const inside = (req, res) => res.end('in');
app.get('/auth', basicAuth({ users: { me: 'secret' } }), inside);
app.get('/check', basicAuth({ check: (name, password) => password === 'secret' }), inside);
app.get('/cors', cors({ origin: ['https://a.example', /^https:\/\/[a-z]+\.b\.example$/g], credentials: true }), inside);
app.get('/limit', rateLimit({ limit: 0 }), inside);
const trust = app.get('trust proxy fn');
app.get('/trust', (req, res) => res.end(trust(req.getHeader('x-from'), 0) ? 'trusted' : 'not'));
app.get('/ip', (req, res) => res.end(`${req.ip} ${req.protocol} ${req.hostname}`));
app.post('/json', express.json({ limit: 10, type: () => true }), inside);
app.post('/form', express.urlencoded({ extended: true, parameterLimit: 2, depth: 1, type: () => true }), inside);
app.use((error, req, res, next) => {
  res.statusCode = error.status ?? 500;
  res.end();
});

const basic = (text) => ({ headers: { authorization: `Basic ${new TextEncoder().encode(text).toBase64()}` } });
const origin = (name) => ({ headers: { origin: name } });
const from = (address) => ({ headers: { 'x-from': address } });
const post = (body) => ({ method: 'POST', body });
const proxied = { headers: { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil' } };
const REQUESTS = [
  ['/auth', basic('me:secret')], ['/auth', basic('me:wrong')], ['/auth', basic('x:secret')], ['/auth', basic('me')], ['/auth', {}],
  ['/check', basic('x:secret')], ['/check', basic('x:wrong')], ['/check', basic('secret')],
  ['/cors', origin('https://a.example')], ['/cors', origin('https://x.b.example')], ['/cors', origin('https://evil.example')],
  ['/cors', origin('https://a.example.evil')], ['/cors', origin('null')],
  ['/limit', {}],
  ['/trust', from('10.1.2.3')], ['/trust', from('192.168.7.7')], ['/trust', from('2001:db8::1')], ['/trust', from('::ffff:10.1.2.3')],
  ['/trust', from('11.1.2.3')], ['/trust', from('127.0.0.1')], ['/trust', from('192.169.0.1')], ['/trust', from('2001:db9::1')], ['/trust', from('nonsense')],
  ['/ip', proxied],
  ['/json', post('[1]')], ['/json', post('[1,2,3,4,5,6,7]')], ['/json', post('1')],
  ['/form', post('a=1&b=2')], ['/form', post('a=1&b=2&c=3')], ['/form', post('a[b][c][d]=1')],
];

async function decisions() {
  const out = [];
  for (const [path, init] of REQUESTS) {
    const res = await app.request(path, init);
    out.push([path, res.status, res.headers.get('access-control-allow-origin'), await res.text()].join(' '));
  }
  return out;
}

const right = await decisions();

test('without a patch', () => {
  assertEquals(right.filter((line) => line.startsWith('/auth')), ['/auth 200  in', ...new Array(4).fill('/auth 401  ')]);
  assertEquals(right.filter((line) => line.startsWith('/check')), ['/check 200  in', '/check 401  ', '/check 401  ']);
  assertEquals(right.filter((line) => line.startsWith('/cors')).map((line) => line.slice(10, -3)), ['https://a.example', 'https://x.b.example', '', '', '']);
  assertEquals(right.filter((line) => line.startsWith('/trust')).map((line) => line.slice(12)), ['trusted', 'trusted', 'trusted', 'trusted', 'not', 'not', 'not', 'not', 'not']);
  assertEquals(right.slice(-6), ['/json 200  in', '/json 413  ', '/json 400  ', '/form 200  in', '/form 413  ', '/form 400  ']);
});

for (const entry of PATCHES) {
  const name = entry[0] === globalThis ? 'global' : (entry[0].constructor?.name ?? entry[0].name);
  test(`${name} ${String(entry[1])}`, async () => {
    patch = entry;
    let got;
    try {
      got = await decisions();
    } finally {
      patch = null;
    }
    for (const [i, line] of right.entries()) assertEquals(got[i], line);
  });
}

test('limits of a server made under a patch', async () => {
  for (const [object, name, value] of PATCHES) {
    const original = Object.getOwnPropertyDescriptor(object, name);
    let server;
    Object.defineProperty(object, name, { value, writable: true, configurable: true });
    try {
      server = createServer({ maxBodySize: 3 }, inside);
    } finally {
      Reflect.defineProperty(object, name, original);
    }
    assertEquals((await server.inject({ method: 'POST', url: '/', body: 'four' })).status, 413);
  }
  assertThrows(() => createServer({ maxBodySize: -1 }), RangeError);
});
