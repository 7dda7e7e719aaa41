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
