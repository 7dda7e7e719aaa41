// Event, CustomEvent and EventTarget.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

test('an event as it is made', () => {
  const event = new Event('go');
  assertEquals(event.type, 'go');
  assertEquals([event.bubbles, event.cancelable, event.composed], [false, false, false]);
  assertEquals([event.target, event.currentTarget, event.srcElement, event.eventPhase], [null, null, null, 0]);
  assertEquals([event.defaultPrevented, event.returnValue, event.cancelBubble, event.isTrusted], [false, true, false, false]);
  assertEquals(event.composedPath(), []);
  assert(event.timeStamp >= 0 && event.timeStamp <= performance.now());
  const other = new Event(1, { bubbles: 1, cancelable: 'x', composed: {} });
  assertEquals([other.type, other.bubbles, other.cancelable, other.composed], ['1', true, true, true]);
  assertEquals([Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE, event.AT_TARGET], [0, 1, 2, 3, 2]);
  assertThrows(() => new Event(), TypeError);
  assertThrows(() => new Event('x', 1), TypeError);
  assertThrows(() => Event('x'), TypeError);
  assertThrows(() => Event.prototype.type, TypeError);
  assertEquals(Object.prototype.toString.call(event), '[object Event]');
});

test('CustomEvent', () => {
  const detail = { a: 1 };
  const event = new CustomEvent('x', { detail, cancelable: true });
  assert(event.detail === detail && event instanceof Event && event.cancelable);
  assertEquals(new CustomEvent('x').detail, null);
  event.initCustomEvent('y', true, false, 2);
  assertEquals([event.type, event.bubbles, event.cancelable, event.detail], ['y', true, false, 2]);
});

test('dispatch', () => {
  const target = new EventTarget();
  const event = new Event('go');
  const seen = [];
  target.addEventListener('go', function (e) {
    seen.push(e === event, this === target, e.target === target, e.currentTarget === target, e.eventPhase, e.composedPath()[0] === target);
  });
  target.addEventListener('other', () => seen.push('other'));
  assertEquals(target.dispatchEvent(event), true);
  assertEquals(seen, [true, true, true, true, 2, true]);
  assertEquals([event.target === target, event.currentTarget, event.eventPhase, event.isTrusted], [true, null, 0, false]);
});

test('listeners are called in order, capturing ones first, each once', () => {
  const target = new EventTarget();
  const seen = [];
  const a = () => seen.push('a');
  target.addEventListener('x', a);
  target.addEventListener('x', () => seen.push('b'));
  target.addEventListener('x', a);
  target.addEventListener('x', a, { capture: false });
  target.addEventListener('x', () => seen.push('c'), true);
  target.addEventListener('x', a, true);
  target.dispatchEvent(new Event('x'));
  assertEquals(seen, ['c', 'a', 'a', 'b']);
  target.removeEventListener('x', a, true);
  target.removeEventListener('x', () => {});
  target.removeEventListener('y', a);
  seen.length = 0;
  target.dispatchEvent(new Event('x'));
  assertEquals(seen, ['c', 'a', 'b']);
});

test('objects with handleEvent', () => {
  const target = new EventTarget();
  const seen = [];
  const listener = { seen };
  target.addEventListener('x', listener);
  listener.handleEvent = function (event) {
    this.seen.push(event.type);
  };
  target.dispatchEvent(new Event('x'));
  assertEquals(seen, ['x']);
});

test('once', () => {
  const target = new EventTarget();
  let n = 0;
  target.addEventListener(
    'x',
    () => {
      n++;
      target.dispatchEvent(new Event('x'));
    },
    { once: true },
  );
  target.dispatchEvent(new Event('x'));
  target.dispatchEvent(new Event('x'));
  assertEquals(n, 1);
});

test('signal', () => {
  const target = new EventTarget();
  const controller = new AbortController();
  let n = 0;
  const count = () => n++;
  target.addEventListener('x', count, { signal: controller.signal });
  target.dispatchEvent(new Event('x'));
  controller.abort();
  target.dispatchEvent(new Event('x'));
  target.addEventListener('x', count, { signal: controller.signal });
  target.dispatchEvent(new Event('x'));
  assertEquals(n, 1);
  for (const signal of [null, 1, {}, new EventTarget()]) {
    assertThrows(() => target.addEventListener('x', count, { signal }), TypeError);
  }
});

test('changes during a dispatch', () => {
  const target = new EventTarget();
  const seen = [];
  const removed = () => seen.push('removed');
  target.addEventListener('x', () => {
    seen.push('first');
    target.removeEventListener('x', removed);
    target.addEventListener('x', () => seen.push('added'));
  });
  target.addEventListener('x', removed);
  target.dispatchEvent(new Event('x'));
  assertEquals(seen, ['first']);
});

test('stopping', () => {
  const target = new EventTarget();
  const seen = [];
  let stop = 'stopPropagation';
  target.addEventListener('x', (event) => {
    seen.push('capture');
    event[stop]();
  }, true);
  target.addEventListener('x', () => seen.push('capture 2'), true);
  target.addEventListener('x', () => seen.push('bubble'));
  const event = new Event('x');
  target.dispatchEvent(event);
  assertEquals(seen, ['capture', 'capture 2']);
  assertEquals(event.cancelBubble, false);
  stop = 'stopImmediatePropagation';
  seen.length = 0;
  target.dispatchEvent(new Event('x'));
  assertEquals(seen, ['capture']);
  const stopped = new Event('x');
  stopped.cancelBubble = true;
  seen.length = 0;
  target.dispatchEvent(stopped);
  assertEquals(seen, []);
});

test('preventDefault', () => {
  const target = new EventTarget();
  let passive = false;
  target.addEventListener('x', (event) => event.preventDefault());
  const cancelable = new Event('x', { cancelable: true });
  assertEquals(target.dispatchEvent(cancelable), false);
  assertEquals([cancelable.defaultPrevented, cancelable.returnValue], [true, false]);
  const plain = new Event('x');
  assertEquals([target.dispatchEvent(plain), plain.defaultPrevented], [true, false]);
  target.addEventListener('y', (event) => {
    passive = true;
    event.preventDefault();
    event.returnValue = false;
  }, { passive: true });
  assertEquals([target.dispatchEvent(new Event('y', { cancelable: true })), passive], [true, true]);
});

test('an event cannot be dispatched within its dispatch', () => {
  const target = new EventTarget();
  let error;
  target.addEventListener('x', (event) => {
    error = assertThrows(() => target.dispatchEvent(event), DOMException);
    event.initEvent('y');
  });
  const event = new Event('x');
  target.dispatchEvent(event);
  assertEquals([error.name, event.type], ['InvalidStateError', 'x']);
  target.dispatchEvent(event);
});

test('wrong arguments', () => {
  const target = new EventTarget();
  assertThrows(() => target.addEventListener('x'), TypeError);
  assertThrows(() => target.addEventListener('x', 1), TypeError);
  assertThrows(() => target.removeEventListener('x'), TypeError);
  target.addEventListener('x', null);
  target.addEventListener('x', undefined);
  for (const wrong of [undefined, null, {}, 'x', { type: 'x' }]) assertThrows(() => target.dispatchEvent(wrong), TypeError);
  assertThrows(() => EventTarget.prototype.dispatchEvent.call({}, new Event('x')), TypeError);
  assertThrows(() => EventTarget(), TypeError);
});

test('classes may extend EventTarget and Event', () => {
  class Ping extends Event {
    constructor(n) {
      super('ping');
      this.n = n;
    }
  }
  class Bell extends EventTarget {
    ring(n) {
      return this.dispatchEvent(new Ping(n));
    }
  }
  const bell = new Bell();
  const seen = [];
  bell.addEventListener('ping', (event) => seen.push(event.n, event.target === bell));
  bell.ring(7);
  assertEquals(seen, [7, true]);
});

test('an own property of an event does not change where it goes', () => {
  const target = new EventTarget();
  let n = 0;
  target.addEventListener('x', () => n++);
  const event = new Event('x');
  Object.defineProperty(event, 'type', { value: 'y' });
  target.dispatchEvent(event);
  assertEquals(n, 1);
});
