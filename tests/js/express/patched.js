// What a program does to the built-ins must not open what is closed: files
// outside of the root, and cookies that nobody signed.
import express from 'express';
import * as std from 'std';
import * as os from 'os';
import { assert, assertEquals, test } from '../assert.js';

const dir = `${scriptArgs[1]}/patched`;
const root = `${dir}/root`;
os.mkdir(dir);
os.mkdir(root);
for (const [file, text] of [[`${dir}/secret.txt`, 'SECRET'], [`${root}/.hidden`, 'SECRET'], [`${root}/open.txt`, 'open']]) {
  const f = std.open(file, 'w');
  f.puts(text);
  f.close();
}

const yes = () => true;
const no = () => false;
const PATCHES = [
  [String.prototype, 'includes', no], [String.prototype, 'startsWith', yes], [String.prototype, 'endsWith', yes],
  [String.prototype, 'split', (text) => [String(text)]], [String.prototype, 'slice', function () { return this; }],
  [String.prototype, 'lastIndexOf', () => 0], [String.prototype, 'charCodeAt', () => 0], [String.prototype, 'toLowerCase', () => ''],
  [String.prototype, 'replace', function () { return this; }], [String.prototype, 'trim', () => ''],
  [RegExp.prototype, 'test', no], [RegExp.prototype, 'exec', () => null], [RegExp.prototype, 'test', yes],
  [Array.prototype, 'includes', no], [Array.prototype, 'some', no], [Array.prototype, 'every', yes], [Array.prototype, 'filter', () => ['..', 'secret.txt']],
  [Array.prototype, 'join', () => '../secret.txt'], [Array.prototype, 'pop', () => undefined], [Array.prototype, 'push', () => 0],
  [Array.prototype, 'map', () => ['..', 'secret.txt']], [Array.prototype, 'indexOf', () => 0], [Array.prototype, 'slice', () => ['..', 'secret.txt']],
  [Array.prototype, Symbol.iterator, function* () { yield '..'; yield 'secret.txt'; }],
  [Uint8Array.prototype, 'toBase64', () => 'AAAA'], [Math, 'max', () => 0], [Object, 'keys', () => ['a']],
  [globalThis, 'decodeURIComponent', (text) => text], [globalThis, 'encodeURIComponent', (text) => text],
];

let patch = null;
const app = express();
app.set('env', 'test').set('cookie secret', 'key');
app.use((req, res, next) => {
  if (patch === null) return next();
  const [object, name, value] = patch;
  const original = Object.getOwnPropertyDescriptor(object, name);
  object[name] = value;
  try {
    next(); // the handlers below run now
  } finally {
    Reflect.defineProperty(object, name, original);
  }
  return undefined;
});
app.get('/cookie', (req, res) => res.end(req.signedCookies.a === 'forged' ? 'SECRET' : 'no'));
app.get('/send', (req, res, next) => res.sendFile(req.query.f, { root }, (error) => error && !res.headersSent && next(error)));
app.use(express.static(root));
app.use((error, req, res, next) => {
  res.statusCode = error.status ?? 500;
  res.end();
});

const REQUESTS = [
  ['/../secret.txt'], ['/%2e%2e/secret.txt'], ['/..%2fsecret.txt'], ['/x/../../secret.txt'], ['/.hidden'], ['/%2ehidden'],
  ['/secret.txt%00'], ['/send?f=../secret.txt'], ['/send?f=.hidden'], ['/open.txt'],
  ['/cookie', 'a=s%3Aforged.AAAA'], ['/cookie', 'a=s:forged.'], ['/cookie', 'a=s%3Aforged'], ['/cookie', 'a=forged'],
];
const request = (path, init) => app.request(path, init);

test('without a patch', async () => {
  assertEquals(await (await request('/open.txt')).text(), 'open');
});

for (const entry of PATCHES) {
  test(`${entry[0] === globalThis ? 'global' : (entry[0].constructor?.name ?? entry[0].name)} ${String(entry[1])}`, async () => {
    patch = entry;
    try {
      for (const [path, cookie] of REQUESTS) {
        let body = '';
        try {
          body = await (await request(path, { headers: cookie === undefined ? {} : { cookie } })).text();
        } catch {
          continue; // no answer is no leak
        }
        assert(!body.includes('SECRET'), `${path} ${cookie ?? ''}`);
      }
    } finally {
      patch = null;
    }
  });
}
