/**
 * What the console writes.
 *
 * A script cannot read its own output, so what is expected stands beside this
 * file: all of standard output in console.out, all of standard error in
 * console.err. The tests here only show that nothing throws.
 */
import { assert, assertEquals, assertThrows, test } from './../assert.js';

const boom = () => {
  throw new Error('user code was run');
};

test('arguments are joined by spaces', () => {
  console.log();
  console.log(undefined);
  console.log('a', 'b', 1, null, true);
  console.log(1, 'a', -0);
  console.log({ a: 'x' }, 'y');
  console.log('x', ['y']);
  console.log(Symbol('s'), 1n);
  console.log('', '');
  console.log('lone surrogate \ud800, é€😀');
});

test('%s', () => {
  class Named {
    toString() {
      return 'named';
    }
  }
  class Child extends Named {}
  console.log('%s', 'a');
  console.log('%s %s', 'a', 1);
  console.log('%s', -0);
  console.log('%s', 5n);
  console.log('%s', Symbol('x'));
  console.log('%s %s', undefined, null);
  console.log('%s', { a: { b: 1 } });
  console.log('%s', [1, [2]]);
  console.log('%s %s', new Named(), new Child());
  console.log('%s', new Date(0));
  console.log('%s', Object.create(null));
  console.log('%s', () => 1);
  console.log('%s', { toString: boom });
  console.log('%s', { get toString() { return boom(); } });
});

test('%d, %i, %f', () => {
  console.log('%d %d %d %d %d', '42', '0x10', 1.5, -0, 5n);
  console.log('%d %d %d', {}, Symbol('x'), Object.create(null));
  console.log('%i %i %i %i', 42.9, '12px', 5n, {});
  console.log('%f %f', '1.5x', Symbol('x'));
});

test('%o, %O, %j, %c, %%', () => {
  const circular = {};
  circular.self = circular;
  console.log('%O', { a: { b: { c: { d: 1 } } } });
  console.log('%o', { a: [1] });
  console.log('%j %j %j %j', { a: [1, 'x'] }, undefined, circular, 1n);
  console.log('%cred%c', 'color: red', '');
  console.log('100%%', 1);
  console.log('100%%');
  console.log('%%s', 'x');
});

test('too many and too few arguments, unknown specifiers', () => {
  console.log('%s');
  console.log('%s %s', 1);
  console.log('%s', 1, 2, { a: 1 });
  console.log('%x %y', 1);
  console.log('%', 1);
  console.log('a%', 1);
  console.log('%s%', 1);
  console.log('%%%s', 1);
  console.log(1, '%s', 'a');
  console.log('%s', '%s', 'a');
});

test('standard error', () => {
  console.error('error %d', 1);
  console.warn({ a: 1 });
  console.assert(false);
  console.assert(false, 'message %s', 1);
  console.assert(false, { a: 1 });
  console.assert(true, 'not shown');
  console.countReset('unknown');
  console.timeEnd('unknown');
  console.timeLog('unknown', 1);
  console.time('twice');
  console.time('twice');
});

test('standard output', () => {
  console.info('info');
  console.debug('debug');
  console.dirxml({ a: 1 }, 2);
  console.count();
  console.count('%s');
  console.count();
  console.countReset();
  console.count();
  console.clear();
});

test('dir', () => {
  const custom = { [Symbol.for('nodejs.util.inspect.custom')]: boom, a: { b: 1 } };
  console.dir(custom, { depth: 0 });
  console.dir('text');
  console.dir(1, null);
});

test('groups', () => {
  console.group('outer %d', 1);
  console.log('two\nlines');
  console.groupCollapsed();
  console.log({ a: 'x'.repeat(40), b: 'y'.repeat(20) });
  console.error('to standard error');
  console.groupEnd();
  console.table([1]);
  console.groupEnd();
  console.groupEnd();
  console.log('back');
  for (let i = 0; i < 200; i++) console.group();
  for (let i = 0; i < 200; i++) console.groupEnd();
  console.log('still back');
});

test('tables', () => {
  console.table([{ a: 1, b: 'x' }, { a: 2, c: true }]);
  console.table({ x: 1, y: [2] });
  console.table(new Map([['k', { v: 1 }], ['l', 2]]));
  console.table(new Set([1]));
  console.table([{ a: 1, b: 2 }], ['b', 'z']);
  console.table([]);
  console.table(5);
  console.table('text');
  console.table(null);
});

test('tables of hostile values', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  console.table([{ get a() { return boom(); } }]);
  console.table({ get a() { return boom(); } });
  console.table(new Proxy({ a: 1 }, { get: boom, ownKeys: boom }));
  console.table([new Proxy({ a: 1 }, { get: boom, ownKeys: boom }), proxy]);
  console.table([null, undefined, Symbol('x'), () => {}, [[[1]]]]);
});

test('every method is a property that works without its object', () => {
  const names = ['assert', 'clear', 'count', 'countReset', 'debug', 'dir', 'dirxml', 'error', 'group', 'groupCollapsed', 'groupEnd', 'info', 'log', 'table', 'time', 'timeEnd', 'timeLog', 'trace', 'warn'];
  for (const name of names) {
    const descriptor = Object.getOwnPropertyDescriptor(console, name);
    assert(typeof descriptor.value === 'function', name);
    assertEquals([descriptor.writable, descriptor.enumerable, descriptor.configurable], [true, true, true]);
  }
  assertEquals(Object.keys(console).sort(), names);
  assertEquals(Object.prototype.toString.call(console), '[object console]');
  const { log, count, group, groupEnd } = console;
  log('log');
  group('group');
  count('count');
  groupEnd();
});

test('hostile values', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  console.log('%s %d %i %f %j %o %O', proxy, proxy, proxy, proxy, proxy, proxy, proxy);
  console.log({ get a() { return boom(); } }, proxy, Object.create(proxy));
  assertThrows(() => console.count(Symbol('x')), TypeError);
});

test('trace', () => {
  (function caller() {
    // The lines after the first tell where this is.
    Error.stackTraceLimit = 0;
    console.trace('trace %d', 1);
    console.trace();
    Error.stackTraceLimit = 10;
  })();
});

test('print', () => {
  print('print', 1, null, undefined, [1, [2]], { toString: () => 'own' }, Symbol('s'), -0);
  print();
  assertThrows(() => print(Object.create(null)), TypeError);
  assertThrows(() => print({ toString: boom }), Error);
});
