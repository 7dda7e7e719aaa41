// How values are shown. inspect() is what the console passes to custom inspectors.
import { assert, assertEquals, assertThrows, test } from './../assert.js';
import { inspect } from './_inspector.js';

const CUSTOM = Symbol.for('nodejs.util.inspect.custom');

function table(cases) {
  for (const [value, expected, options] of cases) assertEquals(inspect(value, options), expected);
}

// An error whose text does not depend on where it was made.
function still(Type, ...args) {
  return Object.defineProperty(new Type(...args), 'stack', { value: undefined, configurable: true, writable: true });
}

test('primitives', () => {
  table([
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'true'],
    [1.5, '1.5'],
    [-0, '-0'],
    [NaN, 'NaN'],
    [10n, '10n'],
    [-(2n ** 70n), '-1180591620717411303424n'],
    [Symbol('a b'), 'Symbol(a b)'],
    [Symbol(), 'Symbol()'],
    [Symbol.iterator, 'Symbol(Symbol.iterator)'],
  ]);
});

test('strings choose their quotes and escape the rest', () => {
  table([
    ['', "''"],
    ['a', "'a'"],
    ["it's", '"it\'s"'],
    ['"', "'\"'"],
    ["'\"", '`\'"`'],
    ["'\"`", '\'\\\'"`\''],
    ["'\"${", '\'\\\'"${\''],
    ['\\', "'\\\\'"],
    ['\b\t\n\v\f\r\0\x1b\x7f\x80\x9f', "'\\b\\t\\n\\x0B\\f\\r\\x00\\x1B\\x7F\\x80\\x9F'"],
    ['é€😀\u2028', "'é€😀\u2028'"],
    ['\ud83d', "'\\ud83d'"],
    ['\ude00\ud83d', "'\\ude00\\ud83d'"],
    ['a\ud83d\ude00\ud83d', "'a😀\\ud83d'"],
    ['x'.repeat(10001), `'${'x'.repeat(10000)}'... 1 more character`],
    ['abcdef', "'abc'... 3 more characters", { maxStringLength: 3 }],
    ['abc', "''... 3 more characters", { maxStringLength: 0 }],
    ['abc', "'abc'", { maxStringLength: null }],
  ]);
});

test('long strings with newlines are broken after them', () => {
  const text = `${'a'.repeat(40)}\n${'b'.repeat(40)}\n`;
  assertEquals(inspect({ text }), `{\n  text: '${'a'.repeat(40)}\\n' +\n    '${'b'.repeat(40)}\\n'\n}`);
});

test('objects', () => {
  class Foo {
    a = 1;
  }
  class Bar extends Foo {}
  table([
    [{}, '{}'],
    [{ a: 1, b: 'x', c: [] }, "{ a: 1, b: 'x', c: [] }"],
    [new Foo(), 'Foo { a: 1 }'],
    [new (class {})(), '{}'],
    [new Bar(), 'Bar { a: 1 }'],
    [Object.create(null), '[Object: null prototype] {}'],
    [Object.assign(Object.create(null), { a: 1 }), '[Object: null prototype] { a: 1 }'],
    [Object.create(Object.create(null)), '[Object: null prototype] {}'],
    [Object.create(Foo.prototype), 'Foo {}'],
    [Foo.prototype, '{}'],
    [Bar.prototype, 'Foo {}'],
    [{ constructor: Foo }, '{ constructor: [class Foo] }'],
    [{ constructor: 'Foo' }, "{ constructor: 'Foo' }"],
    [{ get a() { throw 1; } }, '{ a: [Getter] }'],
    [{ set a(v) {} }, '{ a: [Setter] }'],
    [{ get a() { throw 1; }, set a(v) {} }, '{ a: [Getter/Setter] }'],
    [Object.defineProperty({ a: 1 }, 'b', { value: 2 }), '{ a: 1 }'],
    [Object.defineProperty({ a: 1 }, 'b', { value: 2 }), '{ a: 1, [b]: 2 }', { showHidden: true }],
    [{ b: 1, a: 2 }, '{ a: 2, b: 1 }', { sorted: true }],
    [{ b: 1, a: 2, c: 3 }, '{ c: 3, b: 1, a: 2 }', { sorted: (x, y) => (x < y ? 1 : -1) }],
  ]);
});

test('keys are quoted when they are no identifiers', () => {
  table([
    [{ a_1: 1, 2: 2, 'a-b': 3, '': 4, "it's": 5, $: 6, 'é': 7 }, "{ '2': 2, a_1: 1, 'a-b': 3, '': 4, \"it's\": 5, '$': 6, 'é': 7 }"],
    [{ ['__proto__']: 1 }, "{ ['__proto__']: 1 }"],
    [{ [Symbol('s')]: 1, [Symbol()]: 2 }, '{ [Symbol(s)]: 1, [Symbol()]: 2 }'],
    [{ '\n': 1 }, "{ '\\n': 1 }"],
    [{ [Symbol('\n')]: 1 }, '{ [Symbol(\\n)]: 1 }'],
  ]);
});

test('Symbol.toStringTag', () => {
  class Tagged {
    get [Symbol.toStringTag]() {
      return 'Tag';
    }
  }
  table([
    [new Tagged(), 'Tagged [Tag] {}'],
    [{ [Symbol.toStringTag]: 'T' }, "{ [Symbol(Symbol.toStringTag)]: 'T' }"],
    [Object.defineProperty({ a: 1 }, Symbol.toStringTag, { value: 'T' }), 'Object [T] { a: 1 }'],
    [Object.defineProperty({}, Symbol.toStringTag, { value: 5 }), '{}'],
  ]);
  assert(inspect(Math).startsWith('Object [Math] {'));
});

test('depth', () => {
  const deep = { a: { b: { c: { d: 1 } } } };
  table([
    [deep, '{ a: { b: { c: [Object] } } }'],
    [deep, '{ a: [Object] }', { depth: 0 }],
    [deep, '[Object]', { depth: -1 }],
    [deep, '{\n  a: { b: { c: { d: 1 } } }\n}', { depth: null }],
    [deep, '{\n  a: { b: { c: { d: 1 } } }\n}', { depth: Infinity }],
    [{ x: [[]], y: [[[1]]], z: new (class Foo {})() }, '{ x: [ [] ], y: [ [Array] ], z: Foo {} }', { depth: 1 }],
    [{ a: Object.assign(Object.create(null), { x: 1 }) }, '{ a: [Object: null prototype] }', { depth: 0 }],
    [[new Map([[1, 2]]), new Set(), new Uint8Array(1), new Error('x'), /x/, () => {}], '[Array]', { depth: -1 }],
    [[new Map([[1, 2]]), new Uint8Array(1)], '[ [Map], [Uint8Array] ]', { depth: 0 }],
  ]);
});

test('arrays', () => {
  class List extends Array {}
  table([
    [[], '[]'],
    [[1, 'a', null], "[ 1, 'a', null ]"],
    [[[], [[]]], '[ [], [ [] ] ]'],
    [[, 1, , , 2, ,], '[ <1 empty item>, 1, <2 empty items>, 2, <1 empty item> ]'],
    [Array(3), '[ <3 empty items> ]'],
    [[undefined], '[ undefined ]'],
    [Object.assign([1, 2], { x: 1, '-1': 2, '01': 3 }), "[ 1, 2, x: 1, '-1': 2, '01': 3 ]"],
    [Object.assign([], { x: 1 }), '[ x: 1 ]'],
    [List.of(1, 2), 'List(2) [ 1, 2 ]'],
    [new List(), 'List(0) []'],
    [Object.setPrototypeOf([1], null), '[Array(1): null prototype] [ 1 ]'],
    [[1, 2, 3], '[ 1, 2, ... 1 more item ]', { maxArrayLength: 2 }],
    [[1, 2, 3], '[ ... 3 more items ]', { maxArrayLength: 0 }],
    [Object.defineProperty([1], '0', { get() { throw 1; } }), '[ [Getter] ]'],
    [[1, 2], '[ 1, 2, [length]: 2 ]', { showHidden: true }],
  ]);
});

test('long arrays are set in columns and cut', () => {
  const numbers = Array.from({ length: 101 }, (_, i) => i);
  const lines = inspect(numbers).split('\n');
  assertEquals(lines[1], '   0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11,');
  assertEquals(lines.at(-2), '  ... 1 more item');
  assertEquals(inspect(['apple', 'fig', 'kiwi', 'pear', 'plum', 'lime', 'date']), "[\n  'apple', 'fig',\n  'kiwi',  'pear',\n  'plum',  'lime',\n  'date'\n]");
  assertEquals(inspect(numbers, { maxArrayLength: null }).includes('more item'), false);
});

test('lines are broken at the limit', () => {
  const value = { first: 'x'.repeat(30), second: 'y'.repeat(30) };
  assertEquals(inspect(value), `{\n  first: '${'x'.repeat(30)}',\n  second: '${'y'.repeat(30)}'\n}`);
  assertEquals(inspect(value, { breakLength: Infinity }), `{ first: '${'x'.repeat(30)}', second: '${'y'.repeat(30)}' }`);
  assertEquals(inspect({ a: 1, b: [1] }, { compact: false }), '{\n  a: 1,\n  b: [\n    1\n  ]\n}');
  assertEquals(inspect({ a: { b: 1 } }, { compact: 1 }), '{\n  a: { b: 1 }\n}');
});

test('Map and Set', () => {
  class MyMap extends Map {}
  table([
    [new Map(), 'Map(0) {}'],
    [new Map([['a', 1], [{ k: 1 }, [2]]]), "Map(2) { 'a' => 1, { k: 1 } => [ 2 ] }"],
    [new Set(), 'Set(0) {}'],
    [new Set(['a', [1]]), "Set(2) { 'a', [ 1 ] }"],
    [new MyMap([[1, 2]]), 'MyMap(1) [Map] { 1 => 2 }'],
    [Object.assign(new Set([1]), { x: 2 }), 'Set(1) { 1, x: 2 }'],
    [new Set([1, 2, 3]), 'Set(3) { 1, ... 2 more items }', { maxArrayLength: 1 }],
    [new Map([[1, 2], [3, 4]]), 'Map(2) { 1 => 2, ... 1 more item }', { maxArrayLength: 1 }],
    [new WeakMap(), 'WeakMap { <items unknown> }'],
    [new WeakSet(), 'WeakSet { <items unknown> }'],
    [new Map().entries(), 'Object [Map Iterator] {}'],
    [[].values(), 'Object [Array Iterator] {}'],
  ]);
});

test('buffers and views', () => {
  const detached = new ArrayBuffer(3);
  const view = new Uint8Array(detached);
  const data = new DataView(detached);
  detached.transfer();
  table([
    [new Uint8Array([1, 2, 255]), 'Uint8Array(3) [ 1, 2, 255 ]'],
    [new Uint8Array(), 'Uint8Array(0) []'],
    [new Float64Array([1.5, -0, NaN]), 'Float64Array(3) [ 1.5, -0, NaN ]'],
    [new BigInt64Array([-1n]), 'BigInt64Array(1) [ -1n ]'],
    [Object.assign(new Uint8Array(1), { x: 1 }), 'Uint8Array(1) [ 0, x: 1 ]'],
    [new Uint8Array([1, 2, 255]).buffer, 'ArrayBuffer { [Uint8Contents]: <01 02 ff>, byteLength: 3 }'],
    [new ArrayBuffer(4), 'ArrayBuffer {\n  [Uint8Contents]: <00 00 ... 2 more bytes>,\n  byteLength: 4\n}', { maxArrayLength: 2 }],
    [detached, 'ArrayBuffer { (detached), byteLength: 0 }'],
    [view, 'Uint8Array(0) []'],
    [new DataView(new ArrayBuffer(2), 1), 'DataView {\n  byteLength: 1,\n  byteOffset: 1,\n  buffer: ArrayBuffer { [Uint8Contents]: <00 00>, byteLength: 2 }\n}'],
    [data, 'DataView {\n  byteLength: 0,\n  byteOffset: 0,\n  buffer: ArrayBuffer { (detached), byteLength: 0 }\n}'],
  ]);
});

test('Date, RegExp, boxed primitives, Promise', () => {
  const rejected = Promise.reject(3);
  rejected.catch(() => {});
  class MyDate extends Date {}
  table([
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(NaN), 'Invalid Date'],
    [Object.assign(new Date(0), { x: 1 }), '1970-01-01T00:00:00.000Z { x: 1 }'],
    [new MyDate(0), 'MyDate 1970-01-01T00:00:00.000Z'],
    [/a\/b/gi, '/a\\/b/gi'],
    [Object.assign(/x/, { y: 1 }), '/x/ { y: 1 }'],
    [Object(1), '[Number: 1]'],
    [Object(-0), '[Number: -0]'],
    [Object('a'), "[String: 'a']"],
    [Object(true), '[Boolean: true]'],
    [Object(Symbol('s')), '[Symbol: Symbol(s)]'],
    [Object(1n), '[BigInt: 1n]'],
    [Object.assign(Object('abc'), { x: 1 }), "[String: 'abc'] { x: 1 }"],
    [Promise.resolve({ a: 1 }), 'Promise { { a: 1 } }'],
    [new Promise(() => {}), 'Promise { <pending> }'],
    [rejected, 'Promise { <rejected> 3 }'],
  ]);
});

test('functions and classes', () => {
  class A {
    static x = 1;
  }
  table([
    [function f() {}, '[Function: f]'],
    [() => {}, '[Function (anonymous)]'],
    [async () => {}, '[AsyncFunction (anonymous)]'],
    [function* g() {}, '[GeneratorFunction: g]'],
    [async function* ag() {}, '[AsyncGeneratorFunction: ag]'],
    [Math.max, '[Function: max]'],
    [class {}, '[class (anonymous)]'],
    [A, '[class A] { x: 1 }'],
    [class B extends A {}, '[class B extends A]'],
    [Object.assign(() => {}, { a: 1 }), '[Function (anonymous)] { a: 1 }'],
    [Object.setPrototypeOf(function n() {}, null), '[Function (null prototype): n]'],
    [(function* () {})(), 'Object [Generator] {}'],
    [(async function* () {})(), 'Object [AsyncGenerator] {}'],
    [(function () { return arguments; })(1), "[Arguments] { '0': 1 }"],
  ]);
});

test('errors without a stack', () => {
  class FooError extends Error {}
  class Foo extends Error {}
  class Named extends Error {
    name = 'Special';
  }
  table([
    [still(Error, 'm'), '[Error: m]'],
    [still(TypeError), '[TypeError]'],
    [still(FooError, 'm'), '[FooError: m]'],
    [still(Foo, 'm'), '[Foo [Error]: m]'],
    [still(Named, 'm'), '[Special: m]'],
    [Object.assign(still(Error, 'm'), { code: 'E' }), "[Error: m] { code: 'E' }"],
    [Object.assign(still(Error, 'm'), { message: 'changed' }), '[Error: changed]'],
    [{ e: still(Error, 'm') }, '{ e: [Error: m] }'],
    [still(Error, 'a\nb'), '[Error: a\nb]'],
    [{ e: still(Error, 'a\nb') }, '{\n  e: [Error: a\n  b]\n}'],
    [still(Error, 'o', { cause: still(Error, 'i') }), '[Error: o] { [cause]: [Error: i] }'],
    [still(AggregateError, [still(Error, '1'), 2], 'a'), '[AggregateError: a] { [errors]: [ [Error: 1], 2 ] }'],
  ]);
});

test('errors with a stack', () => {
  const error = new RangeError('m');
  const lines = inspect(error).split('\n');
  assertEquals(lines[0], 'RangeError: m');
  assert(/^ {4}at .*inspect\.js:\d+:\d+\)$/.test(lines[1]), lines[1]);
  assertEquals(inspect(error), `RangeError: m\n${error.stack.trimEnd()}`);
  assert(inspect({ a: error }).includes('\n      at '));
  const assigned = new Error('x');
  assigned.stack = 'Mine: x\n    at somewhere';
  assertEquals(inspect(assigned), 'Mine: x\n    at somewhere');
  const exception = inspect(new DOMException('gone', 'NotFoundError')).split('\n');
  assertEquals(exception[0], 'DOMException [NotFoundError]: gone');
  assert(exception[1].startsWith('    at '));
  const circular = new Error('c');
  circular.cause = circular;
  assert(inspect(circular).startsWith('<ref *1> Error: c\n'));
  assert(inspect(circular).endsWith('[cause]: [Circular *1]\n}') || inspect(circular).endsWith('cause: [Circular *1]\n}'));
});

test('circular references', () => {
  const a = { name: 'a' };
  a.self = a;
  const b = {};
  b.list = [b, { b }];
  const map = new Map();
  map.set(map, [map]);
  const x = {};
  const y = { x };
  x.y = y;
  table([
    [a, "<ref *1> { name: 'a', self: [Circular *1] }"],
    [b, '<ref *1> { list: [ [Circular *1], { b: [Circular *1] } ] }'],
    [map, '<ref *1> Map(1) { [Circular *1] => [ [Circular *1] ] }'],
    [[x, y], '[\n  <ref *1> { y: { x: [Circular *1] } },\n  <ref *2> { x: <ref *1> { y: [Circular *2] } }\n]'],
    [[a, a], "[\n  <ref *1> { name: 'a', self: [Circular *1] },\n  <ref *1> { name: 'a', self: [Circular *1] }\n]"],
  ]);
});

test('proxies are shown as their targets', () => {
  const noisy = new Proxy({}, { get(_, trap) { throw new Error(`trap ${String(trap)}`); } });
  table([
    [new Proxy({ a: 1 }, noisy), '{ a: 1 }'],
    [new Proxy([1, 2], noisy), '[ 1, 2 ]'],
    [new Proxy(function f() {}, noisy), '[Function: f]'],
    [new Proxy(new Proxy(new Map([[1, 2]]), noisy), noisy), 'Map(1) { 1 => 2 }'],
    [Object.create(new Proxy({}, noisy)), '[Object: null prototype] {}'],
    [new Proxy({ a: 1 }, { x: 1 }), 'Proxy [ { a: 1 }, { x: 1 } ]', { showProxy: true }],
  ]);
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assertEquals(inspect([proxy]), '[ <Revoked Proxy> ]');
});

test('custom inspectors', () => {
  const seen = [];
  const value = {
    [CUSTOM](depth, options, given) {
      seen.push(this === value, depth, options.depth, given === inspect, options.stylize('x', 'string'));
      return 'MINE';
    },
  };
  assertEquals(inspect({ a: value }), '{ a: MINE }');
  assertEquals(seen, [true, 1, 1, true, 'x']);
  table([
    [{ [CUSTOM]: () => ({ other: 1 }) }, '{ other: 1 }'],
    [{ [CUSTOM]: () => 5 }, '5'],
    [{ [CUSTOM]: () => undefined }, 'undefined'],
    [{ a: { [CUSTOM]: () => 'two\nlines' } }, '{\n  a: two\n  lines\n}'],
    [{ x: 1, [CUSTOM]: 5 }, '{ x: 1, [Symbol(nodejs.util.inspect.custom)]: 5 }'],
  ]);
  assert(inspect({ x: 1, [CUSTOM]() { return this; } }).startsWith('{\n  x: 1,'));
  assert(inspect({ x: 1, [CUSTOM]: () => 'MINE' }, { customInspect: false }).includes('x: 1'));
});

test('colours', () => {
  table([
    [[1, 'a', null, undefined], "[ \x1b[33m1\x1b[39m, \x1b[32m'a'\x1b[39m, \x1b[1mnull\x1b[22m, \x1b[90mundefined\x1b[39m ]", { colors: true }],
    [[true, Symbol('s')], '[ \x1b[33mtrue\x1b[39m, \x1b[32mSymbol(s)\x1b[39m ]', { colors: true }],
    [[/x/, () => {}], '[ \x1b[31m/x/\x1b[39m, \x1b[36m[Function (anonymous)]\x1b[39m ]', { colors: true }],
    [new Date(0), '\x1b[35m1970-01-01T00:00:00.000Z\x1b[39m', { colors: true }],
    [{ a: 1n }, '{ a: \x1b[33m1n\x1b[39m }', { colors: true }],
  ]);
});

test('objects of the library', () => {
  table([
    [new URLSearchParams('a=1&b=2'), "URLSearchParams { 'a' => '1', 'b' => '2' }"],
    [new URLSearchParams(), 'URLSearchParams {}'],
    [new AbortController(), 'AbortController { signal: AbortSignal { aborted: false } }'],
    [[[[new URL('http://h')]]], '[ [ [ [URL] ] ] ]'],
    [new TextEncoder(), 'TextEncoder {}'],
    [new EventTarget(), 'EventTarget {}'],
  ]);
  assert(inspect(new URL('http://h/')).startsWith("URL {\n  href: 'http://h/',"));
  assert(inspect(new Event('x')).startsWith("Event {\n  type: 'x',"));
  assert(inspect(console).startsWith('Object [console] {'));
});

test('module namespaces', async () => {
  const namespace = await import('./_inspector.js');
  assertEquals(inspect(namespace), '[Module: null prototype] { inspect: [Function: inspect] }');
});

test('the global object', () => {
  assert(inspect(globalThis).startsWith('Object [global] {'));
});

test('options', () => {
  assertEquals(inspect({ a: 1 }, undefined), '{ a: 1 }');
  assertEquals(inspect({ a: 1 }, null), '{ a: 1 }');
  assertEquals(inspect({ a: { b: 1 } }, { depth: 'x' }), '{ a: [Object] }');
  assertThrows(() => inspect({}, { get depth() { throw new RangeError('mine'); } }), RangeError);
});
