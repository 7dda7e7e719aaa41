// JSON: what the short ways of stringify and parse must leave to the general ones.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

test('stringify: a toJSON or getter changes what is being written', () => {
  const o = { a: 1, b: { toJSON() { delete o.c; o.z = 9; o.d = 7; return 2; } }, c: 3, d: 4 };
  assertEquals(JSON.stringify(o), '{"a":1,"b":2,"d":7}');
  assertEquals(JSON.stringify(o), '{"a":1,"b":2,"d":7,"z":9}');
  const a = [1, { toJSON() { a.length = 2; return 'x'; } }, 3];
  assertEquals(JSON.stringify(a), '[1,"x",null]');
  const g = { get a() { Object.defineProperty(g, 'b', { get: () => 'G', enumerable: true }); return 1; }, b: 2 };
  assertEquals(JSON.stringify(g), '{"a":1,"b":"G"}');
});

test('stringify: keys, their order, and who sees them', () => {
  assertEquals(JSON.stringify({ b: 1, 2: 1, 1: 1 }), '{"1":1,"2":1,"b":1}');
  assertEquals(JSON.stringify({ a: 2, 4294967294: 1 }), '{"4294967294":1,"a":2}');
  assertEquals(JSON.stringify({ 'q"\u0000': 1, [Symbol('s')]: 2, f() {}, u: undefined }), '{"q\\"\\u0000":1}');
  const seen = [];
  JSON.stringify({ x: [{ toJSON: (k) => seen.push(k) }], y: { toJSON: (k) => seen.push(k) } });
  assertEquals(seen.join(), '0,y');
  Object.prototype.toJSON = function (k) { return `p${k}`; };
  try {
    assertEquals(JSON.stringify({ a: 1 }) + JSON.stringify([[]], (k, v) => v), '"p""p"');
  } finally {
    delete Object.prototype.toJSON;
  }
  assertEquals(JSON.stringify(new Proxy({ a: 1, b: 2 }, { ownKeys: () => ['b', 'a'] })), '{"b":2,"a":1}');
  assertEquals(JSON.stringify({ ab: 1, c: 2 }, ['c', 'a' + 'b']), '{"c":2,"ab":1}');
});

test('stringify: cycles, shared objects, escapes at every place of a run', () => {
  const o = { list: [] };
  o.list.push(o);
  assertThrows(() => JSON.stringify(o), TypeError);
  const s = {};
  assertEquals(JSON.stringify([s, s, { s }]), '[{},{},{"s":{}}]');
  for (let i = 0; i < 40; i++) {
    const pad = 'x'.repeat(i);
    assertEquals(JSON.stringify(`${pad}"${pad}\n`), `"${pad}\\"${pad}\\n"`);
    assertEquals(JSON.stringify(`${pad}漢\ud800${pad}`), `"${pad}漢\\ud800${pad}"`);
    assertEquals(JSON.parse(`"${pad}é${pad}\\u0041"`), `${pad}é${pad}A`);
  }
});

test('parse: numbers, repeated keys, spaces, errors', () => {
  const n = JSON.parse('[0, -0, 1.50, 2147483648, -2147483648, 123456789012345678, 0.1, 1e3, 999999999999999, 0.000001234567]');
  assert(Object.is(n[1], -0));
  assertEquals(n.slice(2).join(), '1.5,2147483648,-2147483648,123456789012345680,0.1,1000,999999999999999,0.000001234567');
  const o = JSON.parse('{"a":1,"a":2,"__proto__":{"x":1},\n"toString" :\t{ }, "1":3}');
  assertEquals(Object.keys(o).join(), '1,a,__proto__,toString');
  assertEquals(o.a + o.__proto__.x, 3);
  assert(Object.getPrototypeOf(o) === Object.prototype);
  for (const text of ['{', '{"a"', '{"a":', '{"a":1,}', '[1,]', '"abc', '"\\', '01', '-', '1.', '1e', 'tru', '{"a" 1}', '{a:1}', '"a\nb"', '', '+1', '.5']) {
    assertThrows(() => JSON.parse(text), SyntaxError);
  }
});

test('parse: long spaces and numbers', () => {
  const white = ' \n\t'.repeat(50000);
  assertEquals(JSON.stringify(JSON.parse(`${white}{${white}"a"${white}:${white}[1,${white}2]${white}}${white}`)), '{"a":[1,2]}');
  try {
    JSON.parse(`${' \n'.repeat(70000)}  x`);
    assert(false);
  } catch (e) {
    assertEquals(e.name, 'SyntaxError');
    assertEquals(e.stack.match(/70001:3/)?.[0], '70001:3');
  }
  const nines = '9'.repeat(200000);
  const n = JSON.parse(`[${nines}, -${nines}e-200000, 0.${nines}, 1e${nines}, 1e-${nines}, -0e5, 1E+2, 12345678901234567890, 5e-324, 0.1234567890123456789]`);
  assertEquals(n.join(), 'Infinity,-1,1,Infinity,0,0,100,12345678901234567000,5e-324,0.12345678901234568');
  assert(Object.is(n[5], -0));
});
