// URLSearchParams and application/x-www-form-urlencoded.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

// [query, pairs, serialised]
const cases = [
  ['', [], ''],
  ['?', [], ''],
  ['??a', [['?a', '']], '%3Fa='],
  ['a', [['a', '']], 'a='],
  ['a=', [['a', '']], 'a='],
  ['=a', [['', 'a']], '=a'],
  ['=', [['', '']], '='],
  ['&&a=1&&', [['a', '1']], 'a=1'],
  ['a=1&a=2', [['a', '1'], ['a', '2']], 'a=1&a=2'],
  ['a=b=c', [['a', 'b=c']], 'a=b%3Dc'],
  ['a+b=c+d', [['a b', 'c d']], 'a+b=c+d'],
  ['a%20b=c%2Bd', [['a b', 'c+d']], 'a+b=c%2Bd'],
  ['a=%', [['a', '%']], 'a=%25'],
  ['a=%4', [['a', '%4']], 'a=%254'],
  ['a=%zz%41', [['a', '%zzA']], 'a=%25zzA'],
  ['a=%E4%BD%A0', [['a', '你']], 'a=%E4%BD%A0'],
  ['a=%ff%fe', [['a', '\ufffd\ufffd']], 'a=%EF%BF%BD%EF%BF%BD'],
  ['a=%E4%BD', [['a', '\ufffd']], 'a=%EF%BF%BD'],
  ['a=%ed%a0%80', [['a', '\ufffd\ufffd\ufffd']], 'a=%EF%BF%BD%EF%BF%BD%EF%BF%BD'],
  ['a=%f0%9f%98%80', [['a', '😀']], 'a=%F0%9F%98%80'],
  ['%EF%BB%BFa=%EF%BB%BF', [['\ufeffa', '\ufeff']], '%EF%BB%BFa=%EF%BB%BF'],
  ['a=\ud800', [['a', '\ufffd']], 'a=%EF%BF%BD'],
  ['a=%00', [['a', '\0']], 'a=%00'],
  ["a=!'()~*-._", [['a', "!'()~*-._"]], 'a=%21%27%28%29%7E*-._'],
  ['é=ü', [['é', 'ü']], '%C3%A9=%C3%BC'],
];

test(`parse and serialise: a table of ${cases.length}`, () => {
  for (const [query, pairs, expected] of cases) {
    const params = new URLSearchParams(query);
    assertEquals([...params], pairs, JSON.stringify(query));
    assertEquals(String(params), expected, JSON.stringify(query));
    assertEquals(params.size, pairs.length);
  }
});

test('construct from other values', () => {
  assertEquals(String(new URLSearchParams()), '');
  assertEquals(String(new URLSearchParams(undefined)), '');
  assertEquals(String(new URLSearchParams(null)), 'null=');
  assertEquals(String(new URLSearchParams({ a: 1, b: [2, 3] })), 'a=1&b=2%2C3');
  assertEquals(String(new URLSearchParams([['a', 1], new Set(['b', 2])])), 'a=1&b=2');
  assertEquals(String(new URLSearchParams(new Map([['a', 1]]))), 'a=1');
  assertEquals(String(new URLSearchParams(new URLSearchParams('a=1&a=2'))), 'a=1&a=2');
  assertEquals(String(new URLSearchParams({ '\ud800': 1, '\ud801': 2, x: 3 })), '%EF%BF%BD=2&x=3');
  assertEquals(String(new URLSearchParams(Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }))), 'own=2');
});

test('wrong initial values', () => {
  assertThrows(() => new URLSearchParams([['a']]), TypeError);
  assertThrows(() => new URLSearchParams([['a', 'b', 'c']]), TypeError);
  assertThrows(() => new URLSearchParams([null]), TypeError);
  assertThrows(() => new URLSearchParams(['ab']), TypeError);
  assertThrows(() => new URLSearchParams(new String('ab')), TypeError);
  assertThrows(() => new URLSearchParams({ [Symbol.iterator]: 1 }), TypeError);
  assertThrows(() => new URLSearchParams({ [Symbol('x')]: 1 }), TypeError);
  assertThrows(() => new URLSearchParams({ a: Symbol('x') }), TypeError);
  assertThrows(() => URLSearchParams(''), TypeError);
});

test('append, get, getAll, has', () => {
  const params = new URLSearchParams('a=1');
  params.append('a', 2);
  params.append('b', undefined);
  params.append(null, null);
  assertEquals(String(params), 'a=1&a=2&b=undefined&null=null');
  assertEquals(params.get('a'), '1');
  assertEquals(params.get('x'), null);
  assertEquals(params.getAll('a'), ['1', '2']);
  assertEquals(params.getAll('x'), []);
  assertEquals([params.has('a'), params.has('x'), params.has('a', '2'), params.has('a', '3')], [true, false, true, false]);
  assertEquals(params.has('a', undefined), true);
});

test('set replaces the first and removes the others', () => {
  const params = new URLSearchParams('a=1&b=2&a=3&c=4&a=5');
  params.set('a', 'x');
  assertEquals(String(params), 'a=x&b=2&c=4');
  params.set('d', 'y');
  assertEquals(String(params), 'a=x&b=2&c=4&d=y');
});

test('delete, also by value', () => {
  const params = new URLSearchParams('a=1&b=2&a=3&a=1');
  params.delete('a', '1');
  assertEquals(String(params), 'b=2&a=3');
  params.delete('a', undefined);
  assertEquals(String(params), 'b=2');
  params.delete('x');
  assertEquals(String(params), 'b=2');
});

test('sort is by code units and stable', () => {
  const params = new URLSearchParams('z=1&a=1&\uffff=x&😀=y&a=2&A=0&=e&a=0');
  params.sort();
  assertEquals([...params.keys()], ['', 'A', 'a', 'a', 'a', 'z', '😀', '\uffff']);
  assertEquals(params.getAll('a'), ['1', '2', '0']);
});

test('iteration', () => {
  const params = new URLSearchParams('a=1&b=2');
  assertEquals([...params.keys()], ['a', 'b']);
  assertEquals([...params.values()], ['1', '2']);
  assertEquals([...params.entries()], [['a', '1'], ['b', '2']]);
  assert(params.entries === params[Symbol.iterator]);
  const seen = [];
  params.forEach(function (value, name, object) {
    seen.push([value, name, object === params, this.x]);
  }, { x: 5 });
  assertEquals(seen, [['1', 'a', true, 5], ['2', 'b', true, 5]]);
  const iterator = params.keys();
  assertEquals(Object.prototype.toString.call(iterator), '[object URLSearchParams Iterator]');
  assert(iterator[Symbol.iterator]() === iterator);
  assertEquals(iterator.map((k) => k + k).toArray(), ['aa', 'bb']);
});

test('iterators are live', () => {
  const params = new URLSearchParams('a=1&b=2&c=3');
  const seen = [];
  for (const [name] of params) {
    seen.push(name);
    if (name === 'a') params.delete('b');
    if (seen.length === 2) params.append('d', '4');
  }
  assertEquals(seen, ['a', 'c', 'd']);
});

test('missing arguments and wrong receivers are TypeErrors', () => {
  const params = new URLSearchParams();
  for (const method of ['append', 'delete', 'get', 'getAll', 'has', 'set', 'forEach']) {
    assertThrows(() => params[method](), TypeError);
  }
  assertThrows(() => params.append('a'), TypeError);
  assertThrows(() => params.set('a'), TypeError);
  for (const method of ['toString', 'sort', 'keys', 'values', 'entries']) {
    assertThrows(() => URLSearchParams.prototype[method].call({}), TypeError);
  }
  assertThrows(() => params.keys().next.call({}), TypeError);
});

test('many pairs take time in proportion', () => {
  const query = Array.from({ length: 20000 }, (_, i) => `k${i}=v${i}`).join('&');
  const params = new URLSearchParams(query);
  assertEquals(params.size, 20000);
  assertEquals(params.get('k19999'), 'v19999');
  assertEquals(String(params), query);
});
