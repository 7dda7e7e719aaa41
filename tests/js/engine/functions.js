// Functions made from a prepared shape, and constructors that run on the stack of frames.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

// Each body runs often enough to be past any first-time path.
const often = (name, body) => test(name, () => { for (let i = 0; i < 50; i++) body(); });

often('properties of each kind of function, in order', () => {
  const names = (f) => Object.getOwnPropertyNames(f).join();
  assertEquals(names(function (a, b) {}), 'length,name,prototype');
  assertEquals(names(() => 1), 'length,name');
  assertEquals(names(async () => 1), 'length,name');
  assertEquals(names(async function () {}), 'length,name');
  assertEquals(names(function* () {}), 'length,name,prototype');
  assertEquals(names({ m() {} }.m), 'length,name');
  assertEquals({ 1() {} }[1].name, '1');
  const s = Symbol('s');
  assertEquals({ [s]() {} }[s].name, '[s]');
  const f = function (a, b = 1, c) {};
  assertEquals(JSON.stringify(Object.getOwnPropertyDescriptor(f, 'length')), '{"value":1,"writable":false,"enumerable":false,"configurable":true}');
  assertEquals(JSON.stringify(Object.getOwnPropertyDescriptor(f, 'name')), '{"value":"f","writable":false,"enumerable":false,"configurable":true}');
  assertEquals(JSON.stringify(Object.getOwnPropertyDescriptor(f, 'prototype')), '{"value":{},"writable":true,"enumerable":false,"configurable":false}');
});

often('a change of one function leaves the others alone', () => {
  const make = () => function () {};
  const f = make(), g = make();
  delete f.name;
  f.extra = 1;
  Object.setPrototypeOf(f, null);
  assertEquals(Object.getOwnPropertyNames(f).join(), 'length,prototype,extra');
  assertEquals(Object.getOwnPropertyNames(g).join(), 'length,name,prototype');
  assert(Object.getPrototypeOf(g) === Function.prototype);
  assert(f.prototype.constructor === f && g.prototype.constructor === g && f.prototype !== g.prototype);
});

often('what a constructor returns', () => {
  function F(v) { this.a = 1; return v; }
  for (const v of [undefined, null, 7, 'str'.repeat(2), Symbol('s'), 10n ** 30n]) assertEquals(new F(v).a, 1);
  const o = {};
  assert(new F(o) === o);
  const same = (v) => v, deep = (v, n) => (n ? deep(v, n - 1) : v);
  function Tail(v) { this.a = 1; return same(v); }
  function DeepTail(v) { this.a = 1; return deep(v, 1000); }
  assert(new Tail(o) === o && new DeepTail(o) === o);
  assertEquals(new Tail('s').a + new DeepTail('s'.repeat(2)).a, 2);
  class A { constructor(y) { this.y = y; } }
  class D extends A { constructor(v) { super(7); return v; } }
  assertEquals(new D().y, 7);
  assert(new D(o) === o);
  assertThrows(() => new D(5), TypeError);
  class N extends A { constructor() {} }
  assertThrows(() => new N(), ReferenceError);
  class Twice extends A { constructor() { super(1); super(2); } }
  assertThrows(() => new Twice(), ReferenceError);
  assertThrows(() => A(), TypeError);
  assertThrows(() => new (() => 1)(), TypeError);
});

often('new.target and arguments, through super, arrows, defaults, proxies, Reflect', () => {
  class A { constructor(...args) { this.target = new.target; this.args = args.join(); } }
  class B extends A { constructor(a, b) { super(a, b); this.own = new.target; } }
  class C extends B {}
  class D extends A { constructor() { (() => super(1))(); } }
  const b = new B(1, 2), c = new C(3);
  assert(b.target === B && b.own === B && c.target === C && c.own === C && c instanceof C);
  assertEquals(`${b.args};${c.args};${new D().args}`, '1,2;3,;1');
  function F(a, b) { this.seen = [new.target === F, arguments.length, b].join(); }
  assertEquals(new F().seen, 'true,0,');
  assertEquals(new (F.bind(null, 1))(2).seen, 'true,2,2');
  const p = new Proxy(A, {});
  assert(new p().target === p);
  assert(Reflect.construct(A, [], C).target === C);
});

often('prototypes: replaced, no object, a getter', () => {
  function F() {}
  F.prototype = { q: 1 };
  assertEquals(new F().q, 1);
  F.prototype = 5;
  assert(Object.getPrototypeOf(new F()) === Object.prototype);
  const G = function () {}.bind();
  let asked = 0;
  Object.defineProperty(G, 'prototype', { get() { asked++; return { z: 1 }; } });
  class A { constructor() { this.a = 1; } }
  assertEquals(Reflect.construct(A, [], G).z, 1);
  assertEquals(asked, 1);
});

often('what a constructor throws', () => {
  class Mine extends Error { constructor(m) { super(m); if (m === 'deep') throw new Mine('inner'); } }
  assertThrows(() => new Mine('deep'), Mine);
  function F() { try { throw 1; } catch { this.caught = true; } finally { this.last = true; } }
  const f = new F();
  assert(f.caught && f.last);
});

test('a recursion of constructors ends in a RangeError', () => {
  class R { constructor() { this.next = new R(); } }
  class S extends R { constructor() { super(); } }
  assertThrows(() => new R(), RangeError);
  assertThrows(() => new S(), RangeError);
});

// Frames are in chunks of 64 KiB: these callees do not fit into their callers' one.
const wide = (body) => new Function(`return function (x) { var ${Array.from({ length: 4000 }, (_, i) => 'v' + i).join()}; ${body} }`)();
const at = (depth, f) => (depth ? at(depth - 1, f) + 1 : f());
const chain = (n) => (n ? { n, next: chain(n - 1) } : null);
const assertWhole = (o, n) => { for (; n; n--, o = o.next) assertEquals(o.n, n); };

test('a first call of a constructor at the end of a chunk of frames', () => {
  for (let depth = 0; depth < 600; depth += 20) {
    const F = wide('this.x = x;');
    assertEquals(at(depth, () => new F(1).x), depth + 1);
    assertWhole(chain(2000), 2000);
  }
});

test('a poll for interrupts at the end of a chunk of frames', () => {
  const f = wide('return x;'), g = (x) => { const r = f(x); return r; };
  for (let depth = 100; depth <= 400; depth += 100) {
    at(depth, () => { for (let i = 0; i < 10000; i++) g(i); return 0; });
    assertWhole(chain(2000), 2000);
  }
});
