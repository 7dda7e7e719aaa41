// gethostbyname and getaddrinfo: localhost is all that may be resolved here.
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertThrows, test } from '../assert.js';
import { throwsCode } from './_util.js';

test('localhost', () => {
  assertEquals(s.gethostbyname('localhost'), '127.0.0.1');
  const all = s.getaddrinfo('localhost');
  assert(all.length >= 1);
  for (const address of all) assert(address === '::1' || address.startsWith('127.'), address);
  assertEquals(s.getaddrinfo('localhost', { family: 4 }), ['127.0.0.1']);
  assertEquals(s.getaddrinfo('localhost', { family: s.AF_INET }), ['127.0.0.1']);
  assertEquals(s.getaddrinfo('LOCALHOST.', { family: 4 }), ['127.0.0.1']);
});

test('addresses answer themselves, without permission', () => {
  assertEquals(s.getaddrinfo('192.0.2.7'), ['192.0.2.7']);
  assertEquals(s.getaddrinfo('2001:db8::1'), ['2001:db8::1']);
  assertEquals(s.getaddrinfo('2001:DB8:0::1', { family: 6 }), ['2001:db8::1']);
  assertEquals(s.getaddrinfo('2001:db8::1', { family: s.AF_INET6 }), ['2001:db8::1']);
  assertEquals(s.gethostbyname('192.0.2.7'), '192.0.2.7');
  throwsCode(() => s.gethostbyname('::1'), 'ENOTFOUND', 'getaddrinfo');
  throwsCode(() => s.getaddrinfo('192.0.2.7', { family: 6 }), 'ENOTFOUND', 'getaddrinfo');
});

test('what is denied', () => {
  for (const name of ['example.com', 'localhost.example.com', 'xlocalhost', 'sub.localhost']) {
    const error = throwsCode(() => s.getaddrinfo(name), 'EACCES', 'getaddrinfo', { address: name });
    assert(error.message.includes(`--allow-resolve=${name}`), error.message);
    assert(!('port' in error));
  }
});

test('names that are none', () => {
  for (const name of ['', ' ', 'a b', 'a..b', '.', '-', 'x'.repeat(64), `${'a.'.repeat(200)}b`, 'a\0b', '127.1', '0x7f.1', 'lo\ncalhost']) {
    const error = assertThrows(() => s.getaddrinfo(name), InternalError);
    assert(['EINVAL', 'EACCES'].includes(error.code), `${JSON.stringify(name)}: ${error.code}`);
  }
  assertThrows(() => s.getaddrinfo(Symbol()), TypeError);
});

test('families that are none', () => {
  for (const family of [1, 5, -4, 99]) assertThrows(() => s.getaddrinfo('localhost', { family }), RangeError, 'family');
  assertThrows(() => s.getaddrinfo('localhost', { get family() { throw new EvalError('mine'); } }), EvalError);
});
