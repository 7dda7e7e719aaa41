// Reads JavaScript, and does what the other workloads do not, for
// scripts/hot-functions.sh. Its arguments are scripts to parse.
import * as std from 'qjs:std';

const texts = scriptArgs.slice(1).map((file) => std.loadFile(file));
const end = Date.now() + 6000;

function dates() {
  let n = 0;
  for (let i = 0; i < 200; i++) {
    const d = new Date(2020, i % 12, 1 + i % 28);
    n += d.getTime() + d.toISOString().length + Date.parse('2026-01-02T03:04:05.678Z');
  }
  return n;
}

function structures() {
  const seen = new WeakMap();
  const set = new Set(Array.from({ length: 200 }, (_, i) => i));
  const proxy = new Proxy({}, { get: (target, key) => key });
  let { a, ...rest } = { a: 1, b: 2, c: 3, ...{ d: 4 } };
  for (const x of set) seen.set({ x }, proxy[x]);
  const big = 12345678901234567890n ** 3n % 1000000007n;
  return [...set].map(String).filter((s) => s.length > 1).reverse().join('|') + Object.entries(rest) + big + structuredClone({ a, rest }).a;
}

async function waits() {
  async function* steps() { for (let i = 0; i < 20; i++) yield i; }
  let n = 0;
  for await (const i of steps()) n += await Promise.resolve(i);
  return n;
}

function bytes() {
  const view = new DataView(new ArrayBuffer(800));
  for (let i = 0; i < 100; i++) view.setFloat64(i * 8, i / 3);
  const text = new TextDecoder().decode(new TextEncoder().encode('some text \u20ac\u{1f600} '.repeat(20)));
  return atob(btoa('0123456789'.repeat(20))).length + text.normalize('NFD').length + new Float32Array(view.buffer).slice(3).sort().length;
}

do {
  for (const text of texts) new Function(text);
  for (let i = 0; i < 20; i++) {
    dates();
    structures();
    bytes();
    await waits();
  }
} while (Date.now() < end);
