// setTimeout and friends.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('handles are positive numbers', () => {
  const a = setTimeout(() => {}, 1);
  const b = setInterval(() => {}, 1);
  const c = setImmediate(() => {});
  for (const handle of [a, b, c]) assert(Number.isInteger(handle) && handle > 0);
  assert(a !== b && b !== c && a !== c);
  clearTimeout(a);
  clearInterval(b);
  clearImmediate(c);
});

test('arguments are passed on', async () => {
  assertEquals(await new Promise((resolve) => setTimeout((...args) => resolve(args), 1, 'a', undefined, 3)), ['a', undefined, 3]);
  assertEquals(await new Promise((resolve) => setTimeout((...args) => resolve(args), 1)), []);
  assertEquals(await new Promise((resolve) => setTimeout((...args) => resolve(args))), []);
  assertEquals(await new Promise((resolve) => setImmediate((...args) => resolve(args), 1, 2)), [1, 2]);
});

test('timers fire in the order of their time, then of their start', async () => {
  const seen = [];
  setTimeout(() => seen.push('30'), 30);
  setTimeout(() => seen.push('10a'), 10);
  setTimeout(() => seen.push('10b'), 10);
  setTimeout(() => seen.push('0'), 0);
  queueMicrotask(() => seen.push('microtask'));
  seen.push('now');
  await sleep(60);
  assertEquals(seen, ['now', 'microtask', '0', '10a', '10b', '30']);
});

test('microtasks run between timers', async () => {
  const seen = [];
  setTimeout(() => {
    seen.push(1);
    Promise.resolve().then(() => seen.push(2));
  }, 1);
  setTimeout(() => seen.push(3), 1);
  await sleep(20);
  assertEquals(seen, [1, 2, 3]);
});

test('a timer waits at least its time', async () => {
  const start = performance.now();
  await sleep(25);
  assert(performance.now() - start >= 24);
});

test('odd delays', async () => {
  for (const delay of [NaN, -1, -Infinity, undefined, null, 'x', '1', 0.5, 2 ** 31, Infinity, 1e300, {}, { valueOf: () => 1 }]) {
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
});

test('an interval repeats until it is cleared', async () => {
  let n = 0;
  await new Promise((resolve) => {
    const handle = setInterval((step) => {
      n += step;
      if (n === 6) {
        clearInterval(handle);
        resolve();
      }
    }, 1, 2);
  });
  await sleep(10);
  assertEquals(n, 6);
});

test('cleared timers do not fire', async () => {
  let fired = false;
  const fire = () => (fired = true);
  clearTimeout(setTimeout(fire, 1));
  clearInterval(setTimeout(fire, 1));
  clearTimeout(setInterval(fire, 1));
  clearImmediate(setImmediate(fire));
  clearTimeout(String(setTimeout(fire, 1)));
  const timer = setTimeout(fire, 1);
  clearTimeout({ [Symbol.toPrimitive]: () => timer });
  setTimeout(() => clearTimeout(later), 1);
  const later = setTimeout(fire, 2);
  await sleep(20);
  assert(!fired);
});

test('clearing what is no timer does nothing', () => {
  for (const handle of [undefined, null, 0, -1, 1e9, NaN, Infinity, 1.5, 'x', {}, [], true]) {
    clearTimeout(handle);
    clearInterval(handle);
    clearImmediate(handle);
  }
  clearTimeout();
});

test('the callback has to be a function', () => {
  for (const wrong of [undefined, null, 'print(1)', 1, {}, []]) {
    assertThrows(() => setTimeout(wrong, 1), TypeError, 'callback must be a function');
    assertThrows(() => setInterval(wrong, 1), TypeError);
    assertThrows(() => setImmediate(wrong), TypeError);
  }
  assertThrows(() => setTimeout(() => {}, Symbol('x')), TypeError);
  assertThrows(() => setTimeout(() => {}, 1n), TypeError);
});

test('many timers', async () => {
  let n = 0;
  for (let i = 0; i < 2000; i++) setTimeout(() => n++, i % 7);
  await sleep(100);
  assertEquals(n, 2000);
});
