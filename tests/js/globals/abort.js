// AbortController and AbortSignal.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('abort', () => {
  const controller = new AbortController();
  const { signal } = controller;
  assert(signal === controller.signal && signal instanceof EventTarget);
  assertEquals([signal.aborted, signal.reason], [false, undefined]);
  signal.throwIfAborted();
  const seen = [];
  signal.onabort = function (event) {
    seen.push('handler', this === signal, event.type, event.isTrusted, event.target === signal);
  };
  signal.addEventListener('abort', () => seen.push('listener'));
  controller.abort();
  controller.abort('again');
  assertEquals(seen, ['handler', true, 'abort', true, true, 'listener']);
  assert(signal.aborted);
  assert(signal.reason instanceof DOMException);
  assertEquals([signal.reason.name, signal.reason.code], ['AbortError', 20]);
  assert(assertThrows(() => signal.throwIfAborted()) === signal.reason);
});

test('reasons', () => {
  for (const reason of [null, 0, '', 'why', { a: 1 }]) {
    const controller = new AbortController();
    controller.abort(reason);
    assert(controller.signal.reason === reason);
    assert(AbortSignal.abort(reason).reason === reason);
  }
  assertEquals(AbortSignal.abort().reason.name, 'AbortError');
  assertEquals(AbortSignal.abort(undefined).reason.name, 'AbortError');
  assert(AbortSignal.abort().aborted);
});

test('onabort', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const seen = [];
  assertEquals(signal.onabort, null);
  signal.onabort = () => seen.push('replaced');
  signal.addEventListener('abort', () => seen.push('listener'));
  const handler = () => seen.push('handler');
  signal.onabort = handler;
  assert(signal.onabort === handler);
  controller.abort();
  assertEquals(seen, ['handler', 'listener']);
  const other = new AbortController();
  other.signal.onabort = handler;
  other.signal.onabort = null;
  other.signal.onabort = 1;
  assertEquals(other.signal.onabort, null);
  seen.length = 0;
  other.abort();
  assertEquals(seen, []);
});

test('timeout', async () => {
  const signal = AbortSignal.timeout(10);
  assertEquals(signal.aborted, false);
  const reason = await new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(signal.reason));
    // The timer of a signal does not keep the program running; this one does.
    setTimeout(resolve, 1000, 'nothing happened');
  });
  assert(reason instanceof DOMException);
  assertEquals([reason.name, reason.code], ['TimeoutError', 23]);
  for (const wrong of [undefined, -1, NaN, Infinity, 'x']) assertThrows(() => AbortSignal.timeout(wrong), TypeError);
  assertThrows(() => AbortSignal.timeout(), TypeError);
  AbortSignal.timeout(0);
  AbortSignal.timeout(Number.MAX_SAFE_INTEGER);
});

test('any', () => {
  const a = new AbortController();
  const b = new AbortController();
  const signal = AbortSignal.any([a.signal, b.signal, a.signal]);
  const seen = [];
  signal.addEventListener('abort', () => seen.push('any', a.signal.aborted));
  b.signal.addEventListener('abort', () => seen.push('b', signal.aborted));
  b.abort('why');
  assertEquals([signal.aborted, signal.reason, seen], [true, 'why', ['b', true, 'any', false]]);
  a.abort('later');
  assertEquals(signal.reason, 'why');
  assertEquals(AbortSignal.any([]).aborted, false);
  assertEquals(AbortSignal.any([new AbortController().signal, AbortSignal.abort(1), AbortSignal.abort(2)]).reason, 1);
  assertEquals(AbortSignal.any(new Set([AbortSignal.abort(3)])).reason, 3);
  for (const wrong of [undefined, null, 1, [1], [{}], [new EventTarget()]]) assertThrows(() => AbortSignal.any(wrong), TypeError);
});

test('any of any', () => {
  const source = new AbortController();
  const inner = AbortSignal.any([source.signal]);
  const outer = AbortSignal.any([inner, new AbortController().signal]);
  const seen = [];
  for (const [name, signal] of Object.entries({ outer, inner, source: source.signal })) {
    signal.addEventListener('abort', () => seen.push(name, outer.aborted && inner.aborted));
  }
  source.abort(5);
  assertEquals(seen, ['source', true, 'inner', true, 'outer', true]);
  assertEquals([inner.reason, outer.reason], [5, 5]);
});

test('a combined signal that is only listened to stays alive', async () => {
  const source = new AbortController();
  const seen = [];
  (() => {
    AbortSignal.any([source.signal]).addEventListener('abort', () => seen.push('any'));
    AbortSignal.any([AbortSignal.timeout(5)]).addEventListener('abort', () => seen.push('timeout'));
  })();
  globalThis.gc?.();
  await sleep(30);
  source.abort();
  assertEquals(seen, ['timeout', 'any']);
});

test('signals that nobody waits for do not pile up', async () => {
  const source = new AbortController();
  const references = [];
  for (let i = 0; i < 1000; i++) {
    references.push(new WeakRef(AbortSignal.any([source.signal])));
    references.push(new WeakRef(AbortSignal.timeout(1e9)));
  }
  // A reference that was made keeps its target until the job is done.
  await sleep(1);
  globalThis.gc?.();
  assertEquals(references.filter((reference) => reference.deref() !== undefined).length, 0);
});

test('a removed listener lets go of a combined signal', async () => {
  const source = new AbortController();
  const reference = (() => {
    const signal = AbortSignal.any([source.signal]);
    const listener = () => {};
    signal.addEventListener('abort', listener);
    signal.removeEventListener('abort', listener);
    signal.addEventListener('abort', listener, { once: true, signal: AbortSignal.abort() });
    return new WeakRef(signal);
  })();
  await sleep(1);
  globalThis.gc?.();
  assertEquals(reference.deref(), undefined);
});

test('illegal constructor and receivers', () => {
  assertThrows(() => new AbortSignal(), TypeError);
  assertThrows(() => new AbortSignal({}), TypeError);
  assertThrows(() => AbortController(), TypeError);
  assertThrows(() => AbortSignal.prototype.aborted, TypeError);
  assertThrows(() => AbortSignal.prototype.onabort, TypeError);
  assertThrows(() => AbortController.prototype.abort.call({}), TypeError);
  assertEquals(Object.prototype.toString.call(AbortSignal.abort()), '[object AbortSignal]');
});
