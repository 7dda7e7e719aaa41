/**
 * The assert module of the JavaScript tests.
 *
 * A test file is an ES module that calls test(name, fn) while it is evaluated.
 * The tests then run one after the other; each may be async. Results are
 * printed in TAP form, and a plan line at the end proves that all were run. The
 * process exits with code 1 when a test failed.
 *
 * Only what the language itself defines is used here, and `std` for output and
 * exit: the globals of the library are what is being tested.
 */

import * as std from 'std';

const queue = [];
let started = false;
let count = 0;
let failures = 0;

// Flushed at once, as what a test prints itself is not buffered.
function out(text) {
  std.out.puts(`${text}\n`);
  std.out.flush();
}

/** Registers a test. */
export function test(name, fn) {
  queue.push({ name, fn });
  if (!started) {
    started = true;
    Promise.resolve().then(run);
  }
}

async function run() {
  while (queue.length > 0) {
    const { name, fn } = queue.shift();
    count++;
    try {
      await fn();
      out(`ok ${count} - ${name}`);
    } catch (error) {
      failures++;
      out(`not ok ${count} - ${name}`);
      out(`# ${describe(error)}`.replaceAll('\n', '\n# '));
    }
  }
  out(`1..${count}`);
  if (failures > 0) std.exit(1);
}

function describe(error) {
  if (!(error instanceof Error)) return `thrown: ${show(error)}`;
  return `${error.name}: ${error.message}\n${error.stack ?? ''}`.trimEnd();
}

export class AssertionError extends Error {
  name = 'AssertionError';
}

export function fail(message) {
  throw new AssertionError(message);
}

export function assert(condition, message = 'the condition is false') {
  if (!condition) fail(message);
}

// A short text of a value for messages; not for machines.
function show(value, depth = 0) {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'function') return `[function ${value.name}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Error) return `[${value.name}: ${value.message}]`;
  if (depth > 3) return '…';
  if (value instanceof Map) return `Map ${show([...value], depth + 1)}`;
  if (value instanceof Set) return `Set ${show([...value], depth + 1)}`;
  if (value instanceof Date || value instanceof RegExp) return String(value);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const items = Array.from(value.length === undefined ? [] : value).slice(0, 50);
    return `[${items.map((item) => show(item, depth + 1)).join(', ')}${value.length > 50 ? ', …' : ''}]`;
  }
  return `{${Object.keys(value).map((key) => ` ${key}: ${show(value[key], depth + 1)}`)} }`;
}

function sameEntries(a, b, seen) {
  const keys = Reflect.ownKeys(a).filter((key) => Object.prototype.propertyIsEnumerable.call(a, key));
  const others = Reflect.ownKeys(b).filter((key) => Object.prototype.propertyIsEnumerable.call(b, key));
  if (keys.length !== others.length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key], seen));
}

// Deep equality: same prototype, same enumerable own properties, same contents.
function same(a, b, seen) {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (seen.get(a) === b) return true;
  seen.set(a, b);
  if (a instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp) return String(a) === String(b) && a.lastIndex === b.lastIndex;
  if (a instanceof Error && (a.name !== b.name || a.message !== b.message)) return false;
  if (a instanceof Number || a instanceof String || a instanceof Boolean || a instanceof BigInt) {
    if (!Object.is(a.valueOf(), b.valueOf())) return false;
  }
  if (a instanceof ArrayBuffer) return same(new Uint8Array(a), new Uint8Array(b), seen);
  if (a instanceof Map || a instanceof Set) {
    if (a.size !== b.size || !same([...a], [...b], seen)) return false;
  }
  if (Array.isArray(a) && a.length !== b.length) return false;
  return sameEntries(a, b, seen);
}

export function assertEquals(actual, expected, message = '') {
  if (same(actual, expected, new Map())) return;
  fail(`${message === '' ? '' : `${message}\n`}  actual: ${show(actual)}\nexpected: ${show(expected)}`);
}

// Whether an error is what was expected: a class, or a predicate; and a part of its message.
function check(error, expected, includes) {
  if (typeof expected === 'function') {
    const isClass = expected === Error || expected.prototype instanceof Error;
    if (isClass ? !(error instanceof expected) : !expected(error)) fail(`unexpected error: ${describe(error)}`);
  }
  if (includes !== undefined && !String(error?.message).includes(includes)) {
    fail(`the message ${show(error?.message)} does not include ${show(includes)}`);
  }
  return error;
}

/** The function must throw; gives the error back. */
export function assertThrows(fn, expected = undefined, includes = undefined) {
  try {
    fn();
  } catch (caught) {
    return check(caught, expected, includes);
  }
  return fail('nothing was thrown');
}

/** The promise, or that of the function, must be rejected; gives the reason back. */
export async function assertRejects(promise, expected = undefined, includes = undefined) {
  try {
    await (typeof promise === 'function' ? promise() : promise);
  } catch (caught) {
    return check(caught, expected, includes);
  }
  return fail('nothing was rejected');
}
