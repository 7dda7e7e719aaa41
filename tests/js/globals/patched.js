// The library goes on working when built-ins have been patched before it is used.
import { assertEquals, test } from './../assert.js';

const boom = () => {
  throw new Error('a patched built-in was called');
};
const { defineProperty, getOwnPropertyDescriptor } = Object;

// Runs fn while all those methods throw.
function patched(fn) {
  const targets = [
    [Array.prototype, ['push', 'pop', 'shift', 'join', 'map', 'filter', 'forEach', 'indexOf', 'slice', 'splice', 'sort', 'concat', 'reduce']],
    [String.prototype, ['slice', 'indexOf', 'lastIndexOf', 'includes', 'replace', 'replaceAll', 'split', 'startsWith', 'endsWith', 'charCodeAt', 'codePointAt', 'toLowerCase', 'toUpperCase', 'trim', 'toWellFormed', 'normalize', 'repeat']],
    [RegExp.prototype, ['exec', 'test', 'toString']],
    [Map.prototype, ['get', 'set', 'has', 'delete', 'forEach', 'clear']],
    [Set.prototype, ['add', 'has', 'delete', 'forEach']],
    [Object, ['keys', 'hasOwn', 'defineProperty', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'assign', 'is']],
    [Reflect, ['apply', 'ownKeys', 'defineProperty', 'getOwnPropertyDescriptor', 'getPrototypeOf']],
    [Function.prototype, ['call', 'apply', 'bind', 'toString']],
    [Math, ['floor', 'min', 'max', 'round']],
    [globalThis, ['encodeURIComponent', 'decodeURIComponent', 'parseInt', 'parseFloat']],
  ];
  const saved = [];
  let n = 0;
  for (let i = 0; i < targets.length; i++) {
    const keys = targets[i][1];
    for (let k = 0; k < keys.length; k++) {
      saved[n++] = [targets[i][0], keys[k], getOwnPropertyDescriptor(targets[i][0], keys[k])];
      defineProperty(targets[i][0], keys[k], { value: boom, writable: true, configurable: true });
    }
  }
  try {
    return fn();
  } finally {
    for (let i = 0; i < n; i++) defineProperty(saved[i][0], saved[i][1], saved[i][2]);
  }
}

// Each global is loaded while the patches are in place.
test('console', () => {
  const value = { a: [1, 'x', new Map([[1, 2]])] };
  patched(() => console.log('# console', 1, value, '%s'));
  patched(() => console.log('# %s %d %o', 'console', 1, { a: 1 }));
  patched(() => console.group('# group'));
  patched(() => console.groupEnd());
  patched(() => print('# print', 1));
});

test('timers', async () => {
  const seen = [];
  patched(() => {
    setTimeout((a) => seen.push(a), 1, 1);
    clearTimeout(setTimeout(boom, 1));
  });
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(seen, [1]);
});

test('URL', () => {
  const result = patched(() => {
    const url = new URL('../b c?q=é#f', 'http://u:p@Example.com:8080/a/b/c');
    url.searchParams.append('x', 'y z');
    url.port = '81';
    url.hostname = '0x7f.1';
    return [url.href, url.searchParams.get('q'), new URL('http://[::1]/').host];
  });
  assertEquals(result, ['http://u:p@127.0.0.1:81/a/b%20c?q=%C3%A9&x=y+z#f', 'é', '[::1]']);
});

test('TextEncoder and TextDecoder', () => {
  const result = patched(() => {
    const decoder = new TextDecoder('UTF-8');
    const bytes = new TextEncoder().encode('é€');
    return decoder.decode(bytes.subarray(0, 3), { stream: true }) + decoder.decode(bytes.subarray(3)) + new TextDecoder('latin1').decode(bytes.subarray(0, 1));
  });
  assertEquals(result, 'é€Ã');
});

test('events and signals', () => {
  const result = patched(() => {
    const target = new EventTarget();
    let n = 0;
    const controller = new AbortController();
    target.addEventListener('x', () => n++, { signal: controller.signal });
    target.dispatchEvent(new Event('x'));
    controller.abort(5);
    target.dispatchEvent(new Event('x'));
    return [n, controller.signal.reason];
  });
  assertEquals(result, [1, 5]);
});

test('structuredClone', () => {
  const value = { a: [1, new Map([[1, new Set([2])]])], d: new Date(0) };
  value.self = value;
  const copy = patched(() => structuredClone(value));
  assertEquals([copy.a, copy.d, copy.self === copy], [value.a, value.d, true]);
});
