// evalScript, loadScript, the environment, gc.
import * as std from 'std';
import { assert, assertEquals, assertRejects, assertThrows, test } from '../assert.js';

const tmp = scriptArgs[1];

test('evalScript: the value, in the global scope', () => {
  assertEquals(std.evalScript('1 + 1'), 2);
  std.evalScript('var viaVar = 3; let viaLet = 4; function viaFunction() { return viaLet; }');
  assertEquals(globalThis.viaVar, 3);
  assertEquals(globalThis.viaLet, undefined);
  assertEquals(std.evalScript('viaLet'), 4);
  assertEquals(globalThis.viaFunction(), 4);
  assertEquals(std.evalScript('this === globalThis'), true);
  assertThrows(() => std.evalScript('let viaLet = 5'), SyntaxError);
  assertThrows(() => std.evalScript('await 1'), SyntaxError);
});

test('evalScript: errors', () => {
  const error = assertThrows(() => std.evalScript('\n  throw new RangeError("mine")'), RangeError, 'mine');
  assert(error.stack.includes('<evalScript>:2:'), error.stack);
  assertThrows(() => std.evalScript('('), SyntaxError);
  assertThrows(() => std.evalScript(Symbol()), TypeError);
  const behind = assertThrows(() => std.evalScript('null.x', { backtrace_barrier: true }), TypeError);
  assert(!behind.stack.includes('script.js'), behind.stack);
});

test('evalScript: async', async () => {
  assertEquals(await std.evalScript('await 5', { async: true }), { value: 5 });
  await assertRejects(std.evalScript('await Promise.reject(new EvalError())', { async: true }), EvalError);
});

test('loadScript', () => {
  assertEquals(std.loadScript(`${import.meta.dirname}/_fixtures/script.mjs`), true);
  assertEquals(globalThis.fromScript, true);
  assertEquals(globalThis.scriptFunction(), 5);
  std.writeFile(`${tmp}/bad.js`, 'fine;\n  oops(');
  const error = assertThrows(() => std.loadScript(`${tmp}/bad.js`), SyntaxError);
  assert(error.stack.includes(`${tmp}/bad.js:2:`), error.stack);
  assertThrows(() => std.loadScript(`${tmp}/none.js`), ReferenceError, 'none.js');
  assertThrows(() => std.loadScript('/etc/hostname'), ReferenceError);
});

test('the environment: what was granted, and nothing else', () => {
  assertEquals(std.getenv('WQJS_TEST'), 'yes');
  assertEquals(std.getenv('SECRET'), undefined);
  assertEquals(std.getenv('PATH'), undefined);
  assertEquals(std.getenviron(), { WQJS_TEST: 'yes' });
  std.setenv('MINE', 'ü=1');
  assertEquals(std.getenv('MINE'), 'ü=1');
  std.unsetenv('MINE');
  assertEquals(std.getenv('MINE'), undefined);
});

test('gc', () => {
  let ref = new WeakRef(Object.assign({}, { cycle: null }));
  std.gc();
  assert(ref !== null);
  assertEquals(std.gc(), undefined);
});
