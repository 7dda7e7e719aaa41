// wqjs:dns.
import dns, { lookup, resolve4, resolve6 } from 'wqjs:dns';
import { assert, assertEquals, assertRejects, test } from '../assert.js';
import { rejectsCode } from './_util.js';

test('one address, or all', async () => {
  const one = await lookup('localhost');
  assert(['127.0.0.1', '::1'].includes(one), one);
  const all = await lookup('localhost', { all: true });
  assertEquals(all[0], one);
  assertEquals(await lookup('localhost', { family: 4 }), '127.0.0.1');
  assertEquals(await resolve4('localhost'), ['127.0.0.1']);
  assert(dns.lookup === lookup && dns.resolve4 === resolve4 && dns.resolve6 === resolve6);
});

test('addresses answer themselves', async () => {
  assertEquals(await lookup('192.0.2.1'), '192.0.2.1');
  assertEquals(await lookup('[2001:DB8::1]', { all: true }), ['2001:db8::1']);
  assertEquals(await resolve6('2001:db8::1'), ['2001:db8::1']);
  await rejectsCode(resolve6('192.0.2.1'), 'ENOTFOUND', 'getaddrinfo', { address: '192.0.2.1' });
});

test('denied', async () => {
  const error = await rejectsCode(lookup('example.com'), 'EACCES', 'getaddrinfo', { address: 'example.com' });
  assert(error.message.includes('--allow-resolve=example.com'), error.message);
  assert(error.stack.includes('dns.js:'), error.stack);
});

test('many at once', async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => lookup('localhost', { family: 4 })));
  assertEquals(all, new Array(100).fill('127.0.0.1'));
});

test('abort', async () => {
  const reason = new EvalError('mine');
  await assertRejects(lookup('localhost', { signal: AbortSignal.abort(reason) }), EvalError);
  const controller = new AbortController();
  const promise = lookup('localhost', { signal: controller.signal });
  controller.abort(reason);
  assert((await assertRejects(promise)) === reason);
  const late = new AbortController();
  const done = await lookup('localhost', { signal: late.signal });
  late.abort();
  assert(done.length > 0);
});

test('wrong arguments reject', async () => {
  for (const bad of [undefined, null, '', 5, {}, Symbol()]) await assertRejects(lookup(bad), TypeError, 'name');
  for (const bad of [null, 5, 'x']) await assertRejects(lookup('localhost', bad), TypeError, 'options');
  for (const family of [5, '4', null, 'IPv4']) await assertRejects(lookup('localhost', { family }), RangeError, 'family');
  await assertRejects(lookup('localhost', { signal: {} }), TypeError, 'signal');
  for (const bad of ['a b', 'a..b', 'x'.repeat(300), '127.1', 'a\0b']) {
    const error = await assertRejects(lookup(bad), InternalError);
    assert(['EINVAL', 'EACCES'].includes(error.code), `${bad}: ${error.code}`);
  }
});
