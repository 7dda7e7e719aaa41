// What the engine's fast paths must leave to the general ones.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

// Each body runs often enough to be past any first-time path.
const often = (name, body) => test(name, () => { for (let i = 0; i < 50; i++) body(); });

often('push: growth, the array itself, subclasses, holes, array-likes', () => {
  const a = [];
  for (let i = 0; i < 100; i++) assertEquals(a.push(i), i + 1);
  a.push(a);
  assert(a[100] === a);
  class Sub extends Array {}
  const sub = new Sub();
  sub.push(1);
  sub.push(2);
  assertEquals(sub.length, 2);
  const holes = new Array(3);
  holes.push(1);
  assertEquals([holes.length, 0 in holes, holes[3]].join(), '4,false,1');
  const shorter = [1, 2, 3, 4];
  shorter.length = 2;
  shorter.push('x');
  assertEquals(shorter.join(), '1,2,x');
  const like = { length: 3, push: Array.prototype.push };
  like.push(7);
  assertEquals(like[3] + like.length, 11);
});

often('no way to append to an array that may not grow', () => {
  for (const seal of [Object.freeze, Object.seal, Object.preventExtensions, (a) => Object.defineProperty(a, 'length', { writable: false })]) {
    const a = [1, 2, 3];
    a.pop(); // leaves room
    seal(a);
    assertThrows(() => a.push(4), TypeError);
    assertThrows(() => { a[2] = 4; }, TypeError);
    assertEquals(a.join(), '1,2');
  }
});

often('charCodeAt: wide strings, bounds, ropes, slices, other receivers', () => {
  const wide = 'añ\u{1F600}';
  assertEquals('abc'.charCodeAt(1), 98);
  assertEquals(wide.charCodeAt(2), 0xd83d);
  assert(Number.isNaN(wide.charCodeAt(9)) && Number.isNaN(wide.charCodeAt(-1)));
  let rope = '';
  for (let i = 0; i < 3000; i++) rope += `ab${i}`;
  assertEquals((rope + 'q').charCodeAt(rope.length), 113);
  assertEquals(rope.slice(1).charCodeAt(0), 98);
  assertEquals(new String('z').charCodeAt(0), 122);
  assertEquals((5).toString().charCodeAt(0), 53);
});

often('for-of over an array that changes', () => {
  const seen = [];
  const a = [1, 2, 3];
  for (const x of a) {
    seen.push(x);
    if (x === 1) a.push(9);
    if (x === 2) a.length = 3;
  }
  for (const x of [, 'after a hole']) seen.push(x);
  const rest = ['left', 'over'][Symbol.iterator]();
  for (const x of rest) if (x === 'left') break;
  seen.push(...rest);
  assertEquals(seen.join(), '1,2,3,,after a hole,over');
});

test('a patched iterator and setters on prototypes are seen', () => {
  const iterator = Object.getPrototypeOf([][Symbol.iterator]());
  const { next } = iterator;
  let calls = 0, set;
  iterator.next = function () { calls++; return next.call(this); };
  try {
    for (const x of [1, 2]) assert(x);
  } finally {
    iterator.next = next;
  }
  assertEquals(calls, 3);
  Object.defineProperty(Array.prototype, '2', { set(v) { set = v; }, configurable: true });
  const a = [1, 2, 3];
  a.pop();
  a[2] = 8;
  a.pop();
  a.push(1);
  delete Array.prototype[2];
  assertEquals([set, a.join()].join(), '8,1,1');
});

often('calls: arguments, receivers, tail calls, generators and errors across frames', () => {
  function many(a, b, c) { return `${arguments.length}:${[a, b, c]}`; }
  assertEquals([many(1), many(1, 2, 3, 4), many.apply(null, [1, 2])].join(' '), '1:1,, 4:1,2,3 2:1,2,');
  function target() { return new.target; }
  assert(target() === undefined && new target() === target);
  const last = (n) => (n ? last(n - 1) : new Error('deep').stack.split('\n').filter((l) => l.includes('last')).length);
  assertEquals(last(3), 4);
  function* g() {
    const fail = () => { throw new Error('inner'); };
    try { yield 1; fail(); } catch (e) { yield e.message; } finally { yield 'end'; }
  }
  assertEquals([...g()].join(), '1,inner,end');
  const count = (n) => (n ? 1 + count(n - 1) : 0);
  assertEquals(count(5000), 5000);
});

test('order of integer keys', () => {
  const keys = (o) => Reflect.ownKeys(o).map(String).join();
  assertEquals(keys({ b: 1, 3: 1, 1: 1, a: 1, 2: 1, 4294967294: 1, 4294967295: 1 }), '1,2,3,4294967294,b,a,4294967295');
  assertEquals(keys({ 1: 1, 2: 1, x: 1, 3: 1 }), '1,2,3,x');
  const s = Object.assign(new String('abc'), { 7: 1, 5: 1 });
  assertEquals(keys(s), '0,1,2,5,7,length');
  assertEquals(keys(Object.assign(new String('abc'), { 5: 1 })), '0,1,2,5,length');
  const o = {};
  for (let i = 0; i < 3000; i++) o[i * 7919 % 3001] = i;
  assertEquals(Object.keys(o).every((k, i, all) => i === 0 || Number(all[i - 1]) < Number(k)), true);
});

test('keys in steps of a power of two', () => {
  for (const step of [256, 1024, 65536, 1 << 20]) {
    const o = {};
    for (let i = 0; i < 2000; i++) o[i * step] = i;
    for (let i = 0; i < 2000; i += 2) delete o[i * step];
    for (let i = 0; i < 2000; i++) assertEquals(o[i * step], i % 2 ? i : undefined);
  }
});

test('sorts that throw, shrink and compare badly', () => {
  const a = Array.from({ length: 5000 }, (_, i) => i * 7919 % 5003);
  let calls = 0;
  assertThrows(() => a.slice().sort(() => { if (++calls === 1000) throw new RangeError('enough'); return 1; }), RangeError);
  assertEquals(calls, 1000);
  calls = 0;
  const typed = Int16Array.from(a);
  assertThrows(() => typed.sort(() => { if (++calls === 1000) throw new RangeError('enough'); return 1; }), RangeError);
  assertEquals(calls, 1000);
  assertEquals(typed.join(), a.join());
  for (const make of [Int8Array, Uint16Array, Float32Array, Float64Array, BigInt64Array]) {
    const t = make.from(a, (x) => make === BigInt64Array ? BigInt(x) : x);
    assertEquals(t.toSorted((x, y) => (x < y) - (x > y)).join(), t.toSorted().reverse().join());
    t.sort(() => Math.random() - 0.5); // any order, but it ends
  }
  const buffer = new ArrayBuffer(4000, { maxByteLength: 4000 });
  const t = new Uint32Array(buffer).map((_, i) => i).subarray(0);
  const tracking = new Uint32Array(buffer);
  tracking.set(t);
  let shrunk = false;
  tracking.sort((x, y) => { if (!shrunk) { shrunk = true; buffer.resize(400); } return y - x; });
  assertEquals(tracking.length, 100);
});
