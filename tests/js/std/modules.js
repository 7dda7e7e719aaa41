// ES modules from files: cycles, dynamic import, data modules, import.meta,
// errors. Fixtures are in _fixtures/.
import * as std from 'std';
import * as cycleA from './_fixtures/cycle-a.mjs';
import { readEarly, tooSoon } from './_fixtures/cycle-b.mjs';
import json from './_fixtures/data.json' with { type: 'json' };
import text from './_fixtures/text.txt' with { type: 'text' };
import bytes from './_fixtures/bytes.bin' with { type: 'bytes' };
import { value as slow } from './_fixtures/slow.mjs';
import { assert, assertEquals, assertRejects, assertThrows, test } from '../assert.js';

const DIR = `${import.meta.dirname}/_fixtures`;

test('cycles: functions are hoisted, bindings are live', () => {
  assertEquals(cycleA.early, 'a sees b');
  assertEquals(readEarly(), 'a sees b');
  assertEquals(tooSoon, 'ReferenceError');
  assertEquals(cycleA.count, 0);
  cycleA.increment();
  assertEquals(cycleA.count, 1);
  assertThrows(() => { cycleA.count = 5; }, TypeError);
});

test('JSON, text and bytes', () => {
  assertEquals(json, { name: 'fixture', list: [1, 2, { deep: 'ü' }] });
  assertEquals(text, 'plain text: héllo\n');
  assertEquals(bytes, new Uint8Array([0, 1, 254, 255, 128, 104, 195, 169]));
});

test('the same file by another type, and again by the same', async () => {
  const asText = await import('./_fixtures/data.json', { with: { type: 'text' } });
  assertEquals(JSON.parse(asText.default), json);
  const again = await import('./_fixtures/data.json', { with: { type: 'json' } });
  assert(again.default === json);
  assertEquals(Object.keys(again), ['default']);
});

test('a byte order mark is no part of text', async () => {
  assertEquals((await import('./_fixtures/bom.json', { with: { type: 'json' } })).default, { bom: true });
  assertEquals((await import('./_fixtures/bom.txt', { with: { type: 'text' } })).default, 'after the mark');
});

test('text that is not UTF-8 is replaced', async () => {
  const { default: replaced } = await import('./_fixtures/bytes.bin', { with: { type: 'text' } });
  assertEquals(replaced, '\0\u0001\ufffd\ufffd\ufffdhé');
});

test('JSON needs its attribute; other types and attributes are refused', async () => {
  await assertRejects(import('./_fixtures/data.json'), TypeError, 'type: "json"');
  for (const type of ['css', 'JSON', '', 'javascript']) {
    await assertRejects(import('./_fixtures/data.json', { with: { type } }), TypeError, 'json, text and bytes');
  }
  await assertRejects(import('./_fixtures/data.json', { with: { kind: 'json' } }), TypeError, 'kind');
  await assertRejects(import('./_fixtures/data.json', { with: { type: 5 } }), TypeError);
  await assertRejects(import('./_fixtures/data.json', { with: 5 }), TypeError);
});

test('bad JSON names the file and the place', async () => {
  const error = await assertRejects(import('./_fixtures/bad.json', { with: { type: 'json' } }), SyntaxError);
  assert(error.stack.includes(`${DIR}/bad.json:3:`), error.stack);
});

test('dynamic import gives the same namespace', async () => {
  const a = await import('./_fixtures/cycle-a.mjs');
  assert(a === cycleA);
  assert((await import(`${DIR}/cycle-a.mjs`)) === cycleA);
  assert((await import(`file://${DIR}/cycle-a.mjs`)) === cycleA);
  assert((await import('./_fixtures/../_fixtures/./cycle-a.mjs')) === cycleA);
  assertEquals(a[Symbol.toStringTag], 'Module');
});

test('paths start from the importing file', async () => {
  const up = await import('./_fixtures/sub/up.mjs');
  assertEquals(up.b, 'b');
  assertEquals(up.std, [true, true]);
});

test('export * and default', async () => {
  const all = await import('./_fixtures/export-all.mjs');
  assertEquals(Object.keys(all).sort(), ['a', 'count', 'default', 'early', 'increment', 'nested']);
  assertEquals(all.default.name, 'Named');
  assertEquals(all.nested.b, 'b');
});

test('top-level await: importers wait, and it runs once', async () => {
  assertEquals(slow, 'after a while');
  const [one, two] = await Promise.all([import('./_fixtures/slow.mjs'), import('./_fixtures/slow.mjs')]);
  assert(one === two);
  assertEquals(globalThis.slowRuns, 1);
  delete globalThis.slowRuns;
});

test('import.meta', async () => {
  const meta = await import('./_fixtures/meta.mjs');
  assertEquals(meta.filename, `${DIR}/meta.mjs`);
  assertEquals(meta.dirname, DIR);
  assertEquals(meta.url, `file://${DIR}/meta.mjs`);
  assertEquals(meta.main, false);
  assert(meta.same() === meta.same());
  assertEquals(import.meta.main, true);
  assertEquals(import.meta.filename, `${import.meta.dirname}/modules.js`);
  assertEquals(scriptArgs[0], import.meta.filename);
});

test('names with spaces and signs', async () => {
  const tmp = scriptArgs[1];
  const name = `${tmp}/we ird%20näme#?.mjs`;
  std.writeFile(name, 'export const { url, filename } = import.meta;');
  const odd = await import(name);
  assertEquals(odd.filename, name);
  assert(odd.url.endsWith('/we%20ird%2520n%C3%A4me%23%3F.mjs'), odd.url);
  assert((await import(odd.url)) === odd);
});

test('errors of evaluation: the place, and the same error each time', async () => {
  const error = await assertRejects(import('./_fixtures/throws.mjs'), RangeError, 'thrown by a module');
  assert(error.stack.includes(`inner (${DIR}/throws.mjs:4:`), error.stack);
  assert((await assertRejects(import('./_fixtures/throws.mjs'))) === error);
  const rejected = await assertRejects(import('./_fixtures/rejects.mjs'), EvalError);
  assert((await assertRejects(import('./_fixtures/rejects.mjs'))) === rejected);
});

test('errors of syntax and of linking', async () => {
  const syntax = await assertRejects(import('./_fixtures/syntax.mjs'), SyntaxError);
  assert(syntax.stack.includes(`${DIR}/syntax.mjs:2:14`), syntax.stack);
  await assertRejects(import('./_fixtures/no-export.mjs'), SyntaxError, 'nothingOfThatName');
});

test('a module that is not there: who imports it, and where', async () => {
  let error = await assertRejects(import('./_fixtures/missing.mjs'), Error, `from ${DIR}/missing.mjs:3:19`);
  assertEquals(error.code, 'ERR_MODULE_NOT_FOUND');
  assert(error.message.includes(`${DIR}/does-not-exist.mjs does not exist`), error.message);
  error = await assertRejects(import('./nowhere.js'), Error, 'modules.js:');
  assertEquals(error.code, 'ERR_MODULE_NOT_FOUND');
  await assertRejects(import(DIR), Error, DIR);
});

test('what may not be imported', async () => {
  const denied = await assertRejects(import('/etc/hostname'), Error, '--allow-read=');
  assertEquals(denied.code, 'EACCES');
  const up = await assertRejects(import('../../../../../../../../../../etc/hostname'), Error);
  assertEquals(up.code, 'EACCES');
  for (const [bad, part] of [
    ['bare', 'library module'], ['@scope/name', 'library module'], ['wqjs:nothing', 'no such library module'],
    ['wqjs:internal/native', 'no such library module'], ['wqjs:internal/net-conn', 'no such library module'],
    ['wqjs:../native', 'no such library module'], ['wqjs:globals/url', 'no such library module'],
    ['https://example.com/x.js', 'network'], ['http://127.0.0.1/x.js', 'network'], ['file://host/x.js', 'file URL'],
    ['data:text/javascript,1', 'library module'], ['', 'library module'],
  ]) {
    const error = await assertRejects(import(bad), Error, part);
    assertEquals(error.code, 'ERR_MODULE_NOT_FOUND', bad);
  }
  await assertRejects(import(Symbol()), TypeError);
  await assertRejects(import({ toString() { throw new EvalError('mine'); } }), EvalError);
  await assertRejects(import('./a\0b.js'), Error);
});

test('import() from code without a file', async () => {
  const { b } = await new Function('path', 'return import(path)')(`${DIR}/cycle-b.mjs`);
  assertEquals(b, 'b');
  assert((await (0, eval)("import('std')")).puts !== undefined);
  const error = await assertRejects((0, eval)("import('wqjs:internal/native')"), Error);
  assertEquals(error.code, 'ERR_MODULE_NOT_FOUND');
});
