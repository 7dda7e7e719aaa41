// structuredClone.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

function same(value) {
  const copy = structuredClone(value);
  assertEquals(copy, value);
  if (typeof value === 'object' && value !== null) assert(copy !== value, 'it has to be a copy');
  return copy;
}

function refused(value) {
  const error = assertThrows(() => structuredClone(value), DOMException);
  assertEquals([error.name, error.code], ['DataCloneError', 25]);
}

test('primitives', () => {
  for (const value of [undefined, null, true, false, 0, -0, 1.5, NaN, Infinity, '', 'text', '\ud800', 10n]) same(value);
});

test('objects and arrays', () => {
  same({});
  same({ a: 1, b: { c: [1, { d: 2 }] }, 'e f': undefined });
  same([]);
  same([1, 'a', null, undefined, [2, [3]]]);
  same(Object.assign([1, 2], { extra: 3, '-1': 4 }));
  const sparse = [];
  sparse[5] = 1;
  sparse.length = 1000000;
  const copy = same(sparse);
  assertEquals([copy.length, Object.keys(copy)], [1000000, ['5']]);
  const huge = [];
  huge.length = 4294967295;
  assertEquals(structuredClone(huge).length, 4294967295);
});

test('key order is kept', () => {
  assertEquals(Object.keys(structuredClone({ z: 1, a: 2, 1: 3 })), ['1', 'z', 'a']);
});

test('only own enumerable string properties', () => {
  const value = Object.create({ inherited: 1 }, { own: { value: 1, enumerable: true }, hidden: { value: 2 } });
  value[Symbol('s')] = 3;
  assertEquals(structuredClone(value), { own: 1 });
});

test('prototypes and accessors do not come along', () => {
  class Point {
    x = 1;
    get y() {
      return 2;
    }
  }
  const copy = structuredClone(new Point());
  assert(Object.getPrototypeOf(copy) === Object.prototype);
  assertEquals(copy, { x: 1 });
  const getter = structuredClone({ get a() { return 5; } });
  assertEquals(Object.getOwnPropertyDescriptor(getter, 'a'), { value: 5, writable: true, enumerable: true, configurable: true });
  assertEquals(structuredClone(Object.freeze({ a: 1 })), { a: 1 });
  assert(!Object.isFrozen(structuredClone(Object.freeze({ a: 1 }))));
  assert(Object.getPrototypeOf(structuredClone(Object.create(null))) === Object.prototype);
  class List extends Array {}
  assert(Object.getPrototypeOf(structuredClone(List.of(1, 2))) === Array.prototype);
  assertEquals(structuredClone((function () { return arguments; })(1, 2)), { 0: 1, 1: 2 });
});

test('keys that are special elsewhere', () => {
  const value = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "toString": 3, "length": 4}');
  const copy = structuredClone(value);
  assert(Object.getPrototypeOf(copy) === Object.prototype);
  assertEquals(Object.keys(copy), ['__proto__', 'constructor', 'toString', 'length']);
  assertEquals(Object.getOwnPropertyDescriptor(copy, '__proto__').value, { a: 1 });
});

test('a setter in the prototype chain is not called', () => {
  Object.defineProperty(Object.prototype, 'trap', { set() { throw new Error('called'); }, configurable: true });
  try {
    const value = Object.defineProperty({}, 'trap', { value: 1, enumerable: true });
    assertEquals(Object.getOwnPropertyDescriptor(structuredClone(value), 'trap').value, 1);
  } finally {
    delete Object.prototype.trap;
  }
});

test('identity and cycles', () => {
  const shared = { s: 1 };
  const value = { a: shared, b: shared, list: [shared] };
  value.self = value;
  value.map = new Map([[value, value]]);
  value.set = new Set([value]);
  const copy = structuredClone(value);
  assert(copy.a === copy.b && copy.a === copy.list[0] && copy.a !== shared);
  assert(copy.self === copy && copy.map.get(copy) === copy && copy.set.has(copy));
});

test('Map and Set', () => {
  same(new Map([['a', 1], [{ k: 1 }, new Map([[1, new Set([2])]])], [NaN, NaN]]));
  same(new Set([1, 'a', NaN, [1], new Set()]));
  class MyMap extends Map {}
  const copy = structuredClone(Object.assign(new MyMap([[1, 2]]), { extra: 1 }));
  assertEquals(copy, new Map([[1, 2]]));
  assert(Object.getPrototypeOf(copy) === Map.prototype);
  // What a getter adds to the Map while it is read is not part of the copy.
  const map = new Map();
  map.set('a', { get x() { map.set('b', 1); return 1; } });
  assertEquals(structuredClone(map), new Map([['a', { x: 1 }]]));
});

test('Date, RegExp, boxed primitives', () => {
  same(new Date(0));
  same(new Date(NaN));
  const regexp = /a\/b(?<c>d)/dgimsuy;
  regexp.lastIndex = 3;
  const copy = structuredClone(regexp);
  assertEquals([copy.source, copy.flags, copy.lastIndex], [regexp.source, regexp.flags, 0]);
  const liar = /x/g;
  Object.defineProperty(liar, 'flags', { get() { throw new Error('called'); } });
  Object.defineProperty(liar, 'global', { get() { throw new Error('called'); } });
  assertEquals(structuredClone(liar).flags, 'g');
  for (const value of [1, -0, 'text', true, false, 5n]) {
    const boxed = structuredClone(Object(value));
    assert(typeof boxed === 'object' && Object.is(boxed.valueOf(), value));
  }
});

test('errors', () => {
  for (const Type of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    const error = new Type('message');
    const copy = structuredClone(error);
    assert(copy instanceof Type && Object.getPrototypeOf(copy) === Type.prototype);
    assertEquals([copy.name, copy.message, copy.stack], [error.name, error.message, error.stack]);
    assertEquals(Object.getOwnPropertyDescriptor(copy, 'message').enumerable, false);
  }
  class MyError extends Error {
    name = 'MyError';
    code = 5;
  }
  const copy = structuredClone(new MyError('m', { cause: { deep: new Error('inner') } }));
  assert(Object.getPrototypeOf(copy) === Error.prototype);
  assertEquals([copy.name, copy.message, copy.code, copy.cause.deep.message], ['Error', 'm', undefined, 'inner']);
  assertEquals(Object.keys(copy), []);
  assertEquals(structuredClone(Object.assign(new Error('x'), { name: 'TypeError' })) instanceof TypeError, true);
  assertEquals(Object.hasOwn(structuredClone(new Error()), 'message'), false);
  assertEquals(structuredClone(Object.assign(new Error('x'), { message: 5 })).message, '5');
  const circular = new Error('c');
  circular.cause = circular;
  const copied = structuredClone(circular);
  assert(copied.cause === copied);
  const exception = structuredClone(new DOMException('gone', 'NotFoundError'));
  assert(exception instanceof DOMException);
  assertEquals([exception.name, exception.message, exception.code], ['NotFoundError', 'gone', 8]);
});

test('buffers and views', () => {
  const buffer = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
  assertEquals([...new Uint8Array(same(buffer))], [1, 2, 3, 4, 5, 6, 7, 8]);
  const value = { a: new Uint8Array(buffer, 1, 3), b: new Uint16Array(buffer, 2), c: new DataView(buffer, 4, 2), buffer };
  const copy = structuredClone(value);
  assert(copy.a.buffer === copy.buffer && copy.b.buffer === copy.buffer && copy.c.buffer === copy.buffer);
  assert(copy.buffer !== buffer);
  assertEquals([copy.a.byteOffset, copy.a.length, copy.b.byteOffset, copy.b.length, copy.c.byteOffset, copy.c.byteLength], [1, 3, 2, 3, 4, 2]);
  copy.a[0] = 99;
  assertEquals(new Uint8Array(buffer)[1], 2);
  for (const Type of [Int8Array, Uint8ClampedArray, Int16Array, Int32Array, Uint32Array, Float32Array, Float64Array]) same(new Type([1, 2, 3]));
  same(new BigInt64Array([1n, -1n]));
  same(new BigUint64Array([1n]));
  same(new Uint8Array(0));
});

test('resizable buffers', () => {
  const buffer = new ArrayBuffer(4, { maxByteLength: 8 });
  const copy = structuredClone({ buffer, tracking: new Uint8Array(buffer), fixed: new Uint8Array(buffer, 0, 2) });
  assertEquals([copy.buffer.resizable, copy.buffer.byteLength, copy.buffer.maxByteLength], [true, 4, 8]);
  copy.buffer.resize(8);
  assertEquals([copy.tracking.length, copy.fixed.length, buffer.byteLength], [8, 2, 4]);
});

test('transfer', () => {
  const buffer = new Uint8Array([1, 2, 3]).buffer;
  const other = new ArrayBuffer(5);
  const view = new Uint8Array(buffer, 1);
  const copy = structuredClone({ view, buffer, list: [buffer] }, { transfer: [buffer, other] });
  assertEquals([...copy.view], [2, 3]);
  assert(copy.view.buffer === copy.buffer && copy.list[0] === copy.buffer);
  assertEquals([buffer.detached, other.detached, view.length], [true, true, 0]);
  const resizable = new ArrayBuffer(2, { maxByteLength: 4 });
  const moved = structuredClone(resizable, { transfer: [resizable] });
  assertEquals([moved.byteLength, moved.maxByteLength, resizable.detached], [2, 4, true]);
  const kept = new ArrayBuffer(1);
  assertEquals(structuredClone(1, { transfer: new Set([kept]) }), 1);
  assert(kept.detached);
});

test('a clone that fails transfers nothing', () => {
  const buffer = new ArrayBuffer(4);
  assertThrows(() => structuredClone({ buffer, f() {} }, { transfer: [buffer] }), DOMException);
  assertThrows(() => structuredClone({ get x() { throw new RangeError('mine'); } }, { transfer: [buffer] }), RangeError);
  assertThrows(() => structuredClone(1, { transfer: [buffer, buffer] }), DOMException);
  assertThrows(() => structuredClone(1, { transfer: [buffer, {}] }), DOMException);
  assertThrows(() => structuredClone(1, { transfer: [buffer, new Uint8Array(1)] }), DOMException);
  assertThrows(() => structuredClone(1, { transfer: [buffer, 1] }), TypeError);
  assertThrows(() => structuredClone(1, { transfer: 1 }), TypeError);
  assertThrows(() => structuredClone(1, 1), TypeError);
  assertEquals([buffer.detached, buffer.byteLength], [false, 4]);
  buffer.transfer();
  assertThrows(() => structuredClone(1, { transfer: [buffer] }), DOMException);
  refused(buffer);
  // Detached by the value itself while it is read.
  const late = new ArrayBuffer(4);
  assertThrows(() => structuredClone({ get x() { late.transfer(); return 1; } }, { transfer: [late] }), DOMException);
});

test('what cannot be cloned', () => {
  refused(() => {});
  refused(class {});
  refused(Symbol('x'));
  refused(Object(Symbol('x')));
  refused(new WeakMap());
  refused(new WeakSet());
  refused(new WeakRef({}));
  refused(Promise.resolve());
  refused((function* () {})());
  refused([].values());
  refused(new Map().entries());
  refused({ deep: [{ f() {} }] });
  refused(new Map([[Symbol('k'), 1]]));
  if (typeof SharedArrayBuffer === 'function') refused(new SharedArrayBuffer(1));
  for (const value of [new URL('http://h'), new URLSearchParams(), new AbortController(), AbortSignal.abort(), new Event('x'), new TextDecoder()]) {
    refused(value);
    refused([value]);
  }
  const { proxy, revoke } = Proxy.revocable({}, { get() { throw new Error('trap'); }, ownKeys() { throw new Error('trap'); } });
  refused(proxy);
  refused({ inside: proxy });
  refused(new Proxy(() => {}, { getOwnPropertyDescriptor() { throw new Error('trap'); } }));
  revoke();
  refused(proxy);
});

test('errors of getters come through', () => {
  assertThrows(() => structuredClone({ get a() { throw new RangeError('mine'); } }), RangeError, 'mine');
});

test('a getter that deletes later properties', () => {
  const value = { get a() { delete this.b; return 1; }, b: 2 };
  assertEquals(structuredClone(value), { a: 1 });
});

test('getters run in the order of a recursive walk', () => {
  const seen = [];
  const value = {
    a: { get x() { seen.push('a.x'); return { get y() { seen.push('a.x.y'); return 1; } }; } },
    get b() { seen.push('b'); return 1; },
  };
  structuredClone(value);
  assertEquals(seen, ['a.x', 'a.x.y', 'b']);
});

test('depth does not matter', () => {
  let value = null;
  for (let i = 0; i < 20000; i++) value = i % 2 ? [value] : { value };
  let copy = structuredClone(value);
  let depth = 0;
  for (; copy !== null; depth++) copy = Array.isArray(copy) ? copy[0] : copy.value;
  assertEquals(depth, 20000);
  let map = new Map();
  for (let i = 0; i < 5000; i++) map = new Map([[map, new Set([i])]]);
  assertEquals(structuredClone(map).size, 1);
});

test('arguments', () => {
  assertThrows(() => structuredClone(), TypeError);
  assertEquals(structuredClone(1, undefined), 1);
  assertEquals(structuredClone(1, null), 1);
  assertEquals(structuredClone(1, {}), 1);
});
