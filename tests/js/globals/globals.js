// The globals themselves: that they are there, and how they are installed.
import { assert, assertEquals, assertRejects, assertThrows, test } from './../assert.js';

const names = [
  'AbortController',
  'AbortSignal',
  'CustomEvent',
  'DOMException',
  'Event',
  'EventTarget',
  'TextDecoder',
  'TextEncoder',
  'URL',
  'URLSearchParams',
  'atob',
  'btoa',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'performance',
  'print',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'structuredClone',
];

test('assignment before the first use', () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'CustomEvent');
  assertEquals([typeof before.get, before.enumerable, before.configurable], ['function', false, true]);
  globalThis.CustomEvent = 5;
  assertEquals(CustomEvent, 5);
  assertEquals(Object.getOwnPropertyDescriptor(globalThis, 'CustomEvent'), { value: 5, writable: true, enumerable: false, configurable: true });
  Object.defineProperty(globalThis, 'CustomEvent', before);
  assertEquals(typeof CustomEvent, 'function');
  assertEquals(new CustomEvent('x', { detail: 1 }).detail, 1);
});

test('assignment through an object that inherits from the global object', () => {
  const child = Object.create(globalThis);
  child.AbortController = 1;
  assertEquals([Object.getOwnPropertyDescriptor(child, 'AbortController')?.value, typeof AbortController], [1, 'function']);
});

test('all are there: writable, configurable, not enumerable', () => {
  for (const name of names) {
    assert(globalThis[name] !== undefined, name);
    const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
    assertEquals([name, writable, enumerable, configurable], [name, true, false, true]);
    assert(globalThis[name] === globalThis[name]);
  }
  for (const key in globalThis) assert(!names.includes(key), key);
});

test('classes have their names', () => {
  for (const name of names) {
    if (/^[A-Z]/.test(name)) assertEquals(globalThis[name].name, name);
    else if (typeof globalThis[name] === 'function') assertEquals(globalThis[name].name, name);
  }
});

test('classes that are loaded apart are the same everywhere', () => {
  assert(new URL('http://h/?a=1').searchParams instanceof URLSearchParams);
  assert(new AbortController().signal instanceof AbortSignal);
  assert(AbortSignal.abort() instanceof EventTarget);
  assert(new CustomEvent('x') instanceof Event);
});

test('they can be deleted and replaced', () => {
  const saved = globalThis.structuredClone;
  assert(delete globalThis.structuredClone);
  assertEquals(typeof structuredClone, 'undefined');
  Object.defineProperty(globalThis, 'structuredClone', { value: saved, writable: true, configurable: true });
});

test('performance', () => {
  const a = performance.now();
  const b = performance.now();
  assert(a >= 0 && b >= a);
  // The start in Unix time: some time ago, but not long.
  const start = Date.now() - performance.timeOrigin;
  assert(start >= 0 && start < 3_600_000, `${start}`);
  assertEquals(performance.timeOrigin, performance.timeOrigin);
  assertEquals(performance.toJSON(), { timeOrigin: performance.timeOrigin });
  assertEquals(Object.prototype.toString.call(performance), '[object Performance]');
  const { constructor } = performance;
  assertThrows(() => new constructor(), TypeError);
  assertThrows(() => performance.now.call({}), TypeError);
});

test('crypto.getRandomValues', () => {
  const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, BigInt64Array, BigUint64Array];
  for (const Kind of kinds) {
    const array = new Kind(64);
    assert(crypto.getRandomValues(array) === array);
    assert(new Set(array).size > 8, Kind.name);
  }
  // Only what the view shows, in more pieces than one, up to the most that a call may fill.
  const all = new Uint8Array(1000);
  crypto.getRandomValues(all.subarray(1, 999));
  assertEquals([all[0], all[999]], [0, 0]);
  for (let at = 1; at < 951; at += 50) assert(all.subarray(at, at + 50).some((byte) => byte !== 0), `from ${at}`);
  crypto.getRandomValues(new Uint8Array(65536));
  assertEquals(crypto.getRandomValues(new Uint8Array(0)).length, 0);
  const detached = new Uint8Array(8);
  detached.buffer.transfer();
  assertEquals(crypto.getRandomValues(detached).length, 0);
  const nameOf = (value) => assertThrows(() => crypto.getRandomValues(value), DOMException).name;
  assertEquals(nameOf(new Uint8Array(65537)), 'QuotaExceededError');
  for (const value of [new Float64Array(1), new DataView(new ArrayBuffer(8)), [1], 'text', null, { [Symbol.toStringTag]: 'Uint8Array' }]) {
    assertEquals(nameOf(value), 'TypeMismatchError');
  }
  assertThrows(() => crypto.getRandomValues(), TypeError);
  assertThrows(() => crypto.getRandomValues.call({}, new Uint8Array(1)), TypeError);
});

test('crypto.randomUUID', () => {
  const all = new Set();
  for (let i = 0; i < 100; i++) {
    const id = crypto.randomUUID();
    assert(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id), id);
    all.add(id);
  }
  assertEquals(all.size, 100);
  assertEquals(Object.prototype.toString.call(crypto), '[object Crypto]');
  const { constructor, randomUUID } = crypto;
  assertThrows(() => new constructor(), TypeError);
  assertThrows(() => randomUUID(), TypeError);
});

test('queueMicrotask', async () => {
  const seen = [];
  queueMicrotask(() => seen.push(1));
  queueMicrotask(() => seen.push(2));
  seen.push(0);
  await null;
  await null;
  assertEquals(seen, [0, 1, 2]);
  for (const wrong of [undefined, null, 1, 'x', {}]) assertThrows(() => queueMicrotask(wrong), TypeError);
});

test('atob and btoa', () => {
  const all = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
  assertEquals(atob(btoa(all)), all);
  assertEquals([btoa(''), btoa('a'), btoa('ab'), btoa('abc')], ['', 'YQ==', 'YWI=', 'YWJj']);
  assertEquals([btoa(null), btoa(12), btoa(undefined)], ['bnVsbA==', 'MTI=', 'dW5kZWZpbmVk']);
  const good = { '': '', 'YQ==': 'a', YQ: 'a', ' Y\tQ\n=\f=\r': 'a', YWI: 'ab', 'YWI=': 'ab', 'ab+/': 'i\xbf\xbf', YR: 'a' };
  for (const text in good) assertEquals(atob(text), good[text], text);
  for (const wrong of ['a', '=', 'YQ=', 'YQ===', 'Y=Q=', 'YQ==YQ', 'a-b_', 'YQ\v', 'YQ\u00a0', 'é', '\u0100abc', '====', 'ab=c']) {
    assertEquals(assertThrows(() => atob(wrong), DOMException).name, 'InvalidCharacterError', wrong);
  }
  assertEquals(assertThrows(() => btoa('\u0100'), DOMException).code, 5);
  const long = 'x'.repeat(100000);
  assertEquals(atob(btoa(long + long)), long + long);
});

test('DOMException', () => {
  const error = new DOMException('gone', 'NotFoundError');
  assert(error instanceof Error && error instanceof DOMException);
  assertEquals([error.name, error.message, error.code, String(error)], ['NotFoundError', 'gone', 8, 'NotFoundError: gone']);
  assertEquals([new DOMException().name, new DOMException().message, new DOMException().code], ['Error', '', 0]);
  assertEquals([DOMException.ABORT_ERR, error.DATA_CLONE_ERR], [20, 25]);
  assertEquals(typeof error.stack, 'string');
  assertThrows(() => DOMException('x'), TypeError);
});

test('an error of a module does not break it', async () => {
  assertThrows(() => new URL('nonsense'), TypeError);
  await assertRejects(Promise.reject(new TypeError('x')), TypeError, 'x');
  assertEquals(new URL('http://h').href, 'http://h/');
});
