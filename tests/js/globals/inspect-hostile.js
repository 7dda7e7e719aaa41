// Whatever it is given, inspect() does not throw, runs no traps or getters and
// stays within its bounds of time and text.
import { assert, assertEquals, test } from './../assert.js';
import { inspect } from './_inspector.js';

const CUSTOM = Symbol.for('nodejs.util.inspect.custom');
const MAX_TEXT = 1 << 20;

function boom() {
  throw new Error('user code was run');
}

// Inspects with several options; gives the text for the default ones.
function survive(value) {
  let first;
  for (const options of [{}, { depth: Infinity }, { showHidden: true }, { showProxy: true }, { compact: false }, { colors: true }, { sorted: true }]) {
    const text = inspect(value, options);
    assertEquals(typeof text, 'string');
    assert(text.length < MAX_TEXT, `${text.length} characters`);
    first ??= text;
  }
  return first;
}

const trapped = () =>
  new Proxy(
    {},
    {
      get(_, trap) {
        throw new Error(`trap ${String(trap)}`);
      },
    },
  );

test('getters everywhere', () => {
  const value = {};
  for (const key of ['a', 'constructor', 'toString', 'valueOf', 'toJSON', 'then', 'length', 'size', 'name', 'message', 'stack', CUSTOM]) {
    Object.defineProperty(value, key, { get: boom, enumerable: true });
  }
  assert(survive(value).includes('a: [Getter]'));
  const hidden = Object.defineProperty({}, Symbol.toStringTag, { get: boom });
  assertEquals(survive(hidden), '{}');
  for (const target of [[1], new Map([[1, 2]]), new Set([1]), new Date(0), /x/g, new Error('m'), new Uint8Array(2), new ArrayBuffer(2), Promise.resolve(1), function f() {}, Object('s')]) {
    for (const key of ['constructor', 'length', 'size', 'flags', 'global', 'source', 'name', 'message', 'stack', 'cause', 'errors', 'byteLength', 'buffer', 'prototype', 'then', Symbol.iterator, Symbol.toStringTag, CUSTOM]) {
      try {
        Object.defineProperty(target, key, { get: boom });
      } catch {
        // Not every property can be redefined.
      }
    }
    survive(target);
    survive([target]);
  }
});

test('proxies and what they hide in', () => {
  const handler = trapped();
  for (const target of [{}, [], () => {}, class {}, new Map(), new Error('e'), new Date(0)]) {
    const proxy = new Proxy(target, handler);
    survive(proxy);
    survive({ proxy, list: [proxy], map: new Map([[proxy, proxy]]) });
    survive(Object.create(proxy));
    survive(Object.assign(new Error('x'), { cause: proxy, errors: proxy }));
    survive({ constructor: proxy });
    survive(Object.create({ constructor: proxy }));
    survive(Object.setPrototypeOf(function f() {}, proxy));
  }
  class Odd {}
  Odd.prototype.constructor = new Proxy(Odd, handler);
  survive(new Odd());
  let nested = {};
  for (let i = 0; i < 10000; i++) nested = new Proxy(nested, handler);
  assertEquals(inspect(nested), '{}');
  assert(inspect(nested, { showProxy: true, depth: Infinity }).startsWith('Proxy ['));
  const { proxy, revoke } = Proxy.revocable(() => {}, {});
  revoke();
  assertEquals(survive([proxy, Object.create({})]), '[ <Revoked Proxy>, {} ]');
  survive(Object.assign(new Error('x'), { errors: proxy, cause: proxy }));
  // A handler that is a proxy itself, around itself.
  const self = {};
  const around = new Proxy({}, self);
  self.self = around;
  survive(around);
});

test('custom inspectors that misbehave', () => {
  assertEquals(survive({ a: 1, [CUSTOM]: boom }).includes('a: 1'), true);
  const endless = { [CUSTOM]: () => ({ [CUSTOM]: endless[CUSTOM] }) };
  survive(endless);
  survive({ [CUSTOM]: () => 'x'.repeat(1_000_000) });
  survive({ [CUSTOM]: () => Symbol('s') });
  survive({ [CUSTOM]: () => trapped() });
  survive({ [CUSTOM]: (depth, options, again) => again({ a: 1 }, options) });
  const recursive = { [CUSTOM]: (depth, options, again) => again(recursive, options) };
  survive(recursive);
  survive(Object.defineProperty({}, CUSTOM, { get: boom }));
  survive({ [CUSTOM]: new Proxy(() => 'called', {}) });
  survive({ [CUSTOM]: class {} });
  const mutating = [1, 2, { [CUSTOM]() { mutating.length = 0; return 'gone'; } }, 4];
  survive(mutating);
  const map = new Map([[1, { [CUSTOM]() { map.clear(); return 'gone'; } }], [2, 3]]);
  survive(map);
});

test('toStringTag and names that misbehave', () => {
  survive({ get [Symbol.toStringTag]() { return 'x'.repeat(1_000_000); } });
  survive({ get [Symbol.toStringTag]() { return { toString: boom }; } });
  survive({ get [Symbol.toStringTag]() { return Symbol('x'); } });
  survive(Object.defineProperty(function f() {}, 'name', { value: 'x'.repeat(1_000_000) }));
  survive(Object.defineProperty(function f() {}, 'name', { value: { toString: boom } }));
  survive(Object.defineProperty(class A {}, 'name', { get: boom }));
  const Long = Object.defineProperty(class {}, 'name', { value: 'L'.repeat(1_000_000) });
  survive(new Long());
  survive([new Long(), { a: { b: new Long() } }]);
  survive({ ['k'.repeat(1_000_000)]: 1, [Symbol('s'.repeat(1_000_000))]: 2 });
});

test('errors that misbehave', () => {
  for (const key of ['name', 'message', 'stack', 'cause', 'errors']) {
    for (const value of [undefined, null, 1, 'x'.repeat(1_000_000), Symbol('x'), { toString: boom }, trapped(), [], {}]) {
      survive(Object.defineProperty(new Error('m'), key, { value, enumerable: true }));
      survive(Object.defineProperty(new AggregateError([], 'm'), key, { value }));
    }
    survive(Object.defineProperty(new Error('m'), key, { get: boom }));
  }
  survive(Object.setPrototypeOf(new Error('m'), null));
  survive(Object.setPrototypeOf(new DOMException('m'), null));
  survive(Object.create(Error.prototype));
  survive(Object.create(DOMException.prototype));
  survive(Error.prototype);
  survive(DOMException.prototype);
  let chain = new Error('0');
  for (let i = 0; i < 1000; i++) chain = new Error(String(i), { cause: chain });
  survive(chain);
  const limit = Error.stackTraceLimit;
  Error.prepareStackTrace = () => 5;
  survive(new Error('prepared'));
  Error.prepareStackTrace = undefined;
  Error.stackTraceLimit = 0;
  survive(new Error('no stack'));
  Error.stackTraceLimit = limit;
});

test('objects whose prototype was taken away or is another', () => {
  const makers = [() => [1, 2], () => new Map([[1, 2]]), () => new Set([1]), () => new Date(0), () => /x/g, () => new Uint8Array(2), () => new ArrayBuffer(2), () => new DataView(new ArrayBuffer(2)), () => Promise.resolve(1), () => function f() {}, () => class A {}, () => Object('s'), () => Object(1n), () => new WeakMap(), () => new WeakRef({}), () => (function* () {})(), () => (function () { return arguments; })(1)];
  for (const make of makers) {
    for (const proto of [null, {}, Array.prototype, Map.prototype, Date.prototype, Error.prototype, Uint8Array.prototype, URL.prototype, Event.prototype]) {
      survive(Object.setPrototypeOf(make(), proto));
    }
  }
  for (const Type of [Object, Array, Map, Set, Date, RegExp, Promise, Error, Uint8Array, ArrayBuffer, DataView, Number, String, Boolean, Symbol, BigInt, Function, WeakMap, URL, URLSearchParams, Event, EventTarget, AbortSignal, AbortController, TextDecoder]) {
    survive(Type);
    survive(Type.prototype);
    survive(Object.create(Type.prototype));
    survive({ __proto__: Type.prototype });
  }
});

test('large values', () => {
  const array = new Array(1e6).fill(7);
  assert(survive(array).endsWith('... 999900 more items\n]'));
  assert(survive(new Uint8Array(1e7)).endsWith('... 9999900 more items\n]'));
  assert(survive(new ArrayBuffer(1e7)).includes('more bytes'));
  survive(new Uint8Array(1e7).buffer);
  assert(survive(Object('x'.repeat(1e6))).length < 20000);
  assert(survive('x'.repeat(1e6)).length < 20000);
  assert(survive(`${'"'.repeat(1e5)}'\``).length < 30000);
  const sparse = [];
  sparse[4294967294] = 1;
  assertEquals(survive(sparse), '[ <4294967294 empty items>, 1 ]');
  const holes = [];
  for (let i = 0; i < 1000; i++) holes[i * 1000] = i;
  survive(holes);
  const names = Array.from({ length: 20000 }, (_, i) => `name ${i}`);
  survive(new Set(names));
  survive(new Map(names.map((name) => [name, name])));
  survive(2n ** 1000000n);
  survive(Object(-(2n ** 1000000n)));
  survive([2n ** 1000000n]);
  survive(new RegExp('x'.repeat(100000)));
});

test('wide and deep values', () => {
  const wide = {};
  for (let i = 0; i < 20000; i++) wide[`key${i}`] = i;
  assert(inspect(wide).length < MAX_TEXT);
  assert(inspect(wide).includes('more properties'));
  const level = (n) => (n === 0 ? 'leaf' : Array.from({ length: 100 }, () => level(n - 1)));
  const bushy = level(2);
  const thicket = Array.from({ length: 100 }, () => ({ bushy, again: bushy }));
  assert(inspect(thicket, { depth: 10 }).length < MAX_TEXT);
  let deep = {};
  for (let i = 0; i < 100000; i++) deep = { deep };
  for (const options of [{}, { depth: Infinity }, { depth: 1e9 }]) assert(inspect(deep, options).length < MAX_TEXT);
  let nested = [];
  for (let i = 0; i < 100000; i++) nested = [nested, nested];
  assert(inspect(nested, { depth: Infinity }).length < MAX_TEXT);
  let maps = new Map();
  for (let i = 0; i < 10000; i++) maps = new Map([[maps, maps]]);
  assert(inspect(maps, { depth: Infinity }).length < MAX_TEXT);
  let chain = {};
  for (let i = 0; i < 100000; i++) chain = Object.create(chain);
  survive(chain);
});

test('a stack that is nearly used up', () => {
  let text;
  function dive() {
    try {
      dive();
    } catch {
      text ??= inspect({ a: [{ b: 1 }] });
    }
  }
  try {
    dive();
  } catch {
    // The stack may not even suffice to call inspect.
  }
  assert(text === undefined || typeof text === 'string');
});

test('patched built-ins', () => {
  const { defineProperty, getOwnPropertyDescriptor } = Object;
  const targets = [
    [Array.prototype, ['push', 'join', 'map', 'forEach', 'indexOf', 'includes', 'slice', 'splice', 'sort', 'concat', Symbol.iterator]],
    [String.prototype, ['slice', 'indexOf', 'includes', 'replaceAll', 'padStart', 'padEnd', 'repeat', 'split', 'startsWith', 'endsWith']],
    [Map.prototype, ['get', 'set', 'has', 'entries', 'forEach', Symbol.iterator]],
    [Set.prototype, ['add', 'has', 'values', 'forEach', Symbol.iterator]],
    [Object, ['keys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'hasOwn', 'is', 'defineProperty']],
    [Reflect, ['ownKeys', 'apply', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'defineProperty']],
    [Date.prototype, ['toISOString', 'getTime', 'toString']],
    [RegExp.prototype, ['exec', 'test', 'toString']],
    [Function.prototype, ['call', 'apply', 'bind', 'toString']],
    [Math, ['max', 'min', 'floor', 'round', 'sqrt']],
  ];
  const value = { a: [1, 'b', { c: new Map([[1, new Set([2])]]) }], d: new Date(0), e: /x/g, f: [1, 2, 3, 4, 5, 6, 7, 8] };
  const expected = inspect(value);
  const saved = [];
  let n = 0;
  for (let i = 0; i < targets.length; i++) {
    const keys = targets[i][1];
    for (let k = 0; k < keys.length; k++) {
      saved[n++] = [targets[i][0], keys[k], getOwnPropertyDescriptor(targets[i][0], keys[k])];
      defineProperty(targets[i][0], keys[k], { value: boom, writable: true, configurable: true });
    }
  }
  let actual;
  try {
    actual = inspect(value);
  } finally {
    for (let i = 0; i < n; i++) defineProperty(saved[i][0], saved[i][1], saved[i][2]);
  }
  assertEquals(actual, expected);
});
