/**
 * inspect(value, options): readable text for any value, in the manner of
 * Node's util.inspect.
 *
 * No user code runs but Symbol.for('nodejs.util.inspect.custom') methods and
 * Symbol.toStringTag getters; when those throw, they count as absent. Getters
 * and proxy traps never run. Whatever the value, nothing is thrown, and time
 * and text are bounded: see the limits below, which come on top of the options.
 */

import { classOf, proxyParts } from 'wqjs:internal/native';
import {
  apply,
  arrayIndexOf,
  arraySlice,
  arraySort,
  getOwnPropertyDescriptor,
  getOwnPropertySymbols,
  Map,
  mapGet,
  mapSet,
  mapSize,
  max,
  min,
  objectKeys,
  ownKeys,
  regexpExec,
  repeat,
  replaceAll,
  slice,
} from 'wqjs:internal/globals/primordials';
import { layout } from 'wqjs:internal/globals/inspect-layout';
import { constructorName, findDescriptor, ownDescriptor, toStringTag } from 'wqjs:internal/globals/inspect-lookup';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import { formatKey, formatPrimitive, limit, more, stylize } from 'wqjs:internal/globals/inspect-text';
import { heading, indexedLength, shapeOf } from 'wqjs:internal/globals/inspect-types';

// Deeper than this is not shown, whatever the depth option says.
const MAX_LEVEL = 64;
// Characters after which nested values are abbreviated.
const MAX_TEXT = 1 << 18;
// Arrays, typed arrays and boxed strings with more elements than this show no
// further properties: listing keys would make a string of each index.
const MAX_LISTED = 1 << 14;
// Custom inspectors that return objects with custom inspectors, and so on.
const MAX_CUSTOM = 16;
// Proxies around proxies.
const MAX_PROXIES = 1 << 20;

const INDEX = /^(?:0|[1-9][0-9]{0,9})$/;

function limitOf(value, fallback) {
  if (value === undefined) return fallback;
  if (value === null) return Infinity;
  return +value || 0;
}

class Context {
  currentLevel = 0;
  custom = 0;
  seen = [];
  circular = undefined;
  left = MAX_TEXT;

  constructor(options, indent) {
    const compact = options.compact ?? 3;
    this.options = options;
    this.indentation = 0;
    this.depth = min(limitOf(options.depth, 2), MAX_LEVEL);
    this.colors = !!options.colors;
    this.showHidden = !!options.showHidden;
    this.showProxy = !!options.showProxy;
    this.customInspect = options.customInspect ?? true;
    this.sorted = options.sorted ?? false;
    this.maxArrayLength = max(0, limitOf(options.maxArrayLength, 100));
    this.maxStringLength = max(0, limitOf(options.maxStringLength, 10000));
    this.breakLength = max(limitOf(options.breakLength, 80) - indent, 16);
    this.compact = compact === true ? true : +compact || 0;
  }

  pad() {
    return repeat(' ', this.indentation);
  }

  /** The text of a value that stands two columns further in than this object. */
  nested(value, level) {
    this.indentation += 2;
    this.left -= this.indentation;
    const text = formatValue(this, value, level);
    this.indentation -= 2;
    return text;
  }

  /** "key: value", or just the value of a list's element. */
  property(descriptor, key, level, isElement) {
    const text = this.described(descriptor, level);
    if (isElement) return text;
    const name = formatKey(this, key, descriptor === undefined || descriptor.enumerable);
    this.left -= name.length + 2;
    return `${name}: ${text}`;
  }

  described(descriptor, level) {
    if (descriptor === undefined) return stylize(this, '<uninitialized>', 'special');
    if (descriptor.get !== undefined) {
      return stylize(this, descriptor.set === undefined ? '[Getter]' : '[Getter/Setter]', 'special');
    }
    if (descriptor.set !== undefined) return stylize(this, '[Setter]', 'special');
    return this.nested(descriptor.value, level);
  }
}

/** The text of a value; options as in Node's util.inspect. */
export function inspect(value, options) {
  return inspectNested(value, options, 0);
}

/** inspect() for text that will be indented by so many columns. */
export function inspectNested(value, options, indent) {
  return formatValue(new Context(options ?? {}, indent), value, 0);
}

function isObject(value) {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

function formatValue(ctx, value, level) {
  if (!isObject(value)) {
    const text = formatPrimitive(ctx, value);
    ctx.left -= text.length;
    return text;
  }
  ctx.left -= 8 + ctx.indentation;
  for (let i = 0; classOf(value) === 'Proxy'; i++) {
    const parts = proxyParts(value);
    if (parts[0] === null || i === MAX_PROXIES) return stylize(ctx, '<Revoked Proxy>', 'special');
    if (ctx.showProxy) return formatProxy(ctx, value, parts, level);
    value = parts[0];
  }
  if (ctx.customInspect && ctx.custom < MAX_CUSTOM) {
    const text = formatCustom(ctx, value, level);
    if (text !== undefined) return text;
  }
  if (arrayIndexOf(ctx.seen, value) !== -1) return formatCircular(ctx, value);
  const { indentation, seen } = ctx;
  const depth = seen.length;
  try {
    return formatObject(ctx, value, level);
  } catch {
    // Out of memory or stack: what was shown so far is of more use than an error.
    ctx.indentation = indentation;
    seen.length = depth;
    return stylize(ctx, '[inspection failed]', 'special');
  }
}

function formatProxy(ctx, proxy, parts, level) {
  if (level > ctx.depth) return stylize(ctx, 'Proxy [Array]', 'special');
  if (arrayIndexOf(ctx.seen, proxy) !== -1) return formatCircular(ctx, proxy);
  ctx.seen[ctx.seen.length] = proxy;
  ctx.currentLevel = level + 1;
  const entries = [ctx.nested(parts[0], level + 1), ctx.nested(parts[1], level + 1)];
  ctx.seen.length--;
  return layout(ctx, entries, { base: '', open: 'Proxy [', close: ']', list: true }, level + 1);
}

function formatCircular(ctx, value) {
  ctx.circular ??= new Map();
  let index = mapGet(ctx.circular, value);
  if (index === undefined) {
    index = mapSize(ctx.circular) + 1;
    mapSet(ctx.circular, value, index);
  }
  return stylize(ctx, `[Circular *${index}]`, 'special');
}

function formatCustom(ctx, value, level) {
  const method = findDescriptor(value, customInspect)?.value;
  if (typeof method !== 'function' || method === inspect) return undefined;
  // A prototype that carries the method has none of its instances' state.
  const ctor = ownDescriptor(value, 'constructor')?.value;
  if (typeof ctor === 'function' && ownDescriptor(ctor, 'prototype')?.value === value) return undefined;
  const options = {
    ...ctx.options,
    depth: ctx.depth - level,
    stylize: (text, style) => stylize(ctx, `${text}`, style),
  };
  ctx.custom++;
  try {
    const result = apply(method, value, [ctx.depth - level, options, inspect]);
    if (result === value) return undefined;
    if (isObject(result)) return formatValue(ctx, result, level);
    const text = limit(typeof result === 'string' ? result : formatPrimitive(ctx, result), max(ctx.left, 100));
    ctx.left -= text.length;
    return replaceAll(text, '\n', `\n${ctx.pad()}`);
  } catch {
    return undefined;
  } finally {
    ctx.custom--;
  }
}

// Own keys to be shown; for objects with elements those that are no index.
function keysOf(ctx, value, length) {
  let keys;
  if (length > MAX_LISTED) keys = [];
  else if (ctx.showHidden) keys = ownKeys(value);
  else {
    try {
      keys = objectKeys(value);
    } catch {
      // A module namespace with bindings that are not initialised yet.
      keys = ownKeys(value);
    }
  }
  if (length >= 0) {
    // Indices come first in the order of keys.
    let first = keys.length;
    while (first > 0 && (typeof keys[first - 1] === 'symbol' || regexpExec(INDEX, keys[first - 1]) === null)) first--;
    keys = arraySlice(keys, first);
  }
  if (ctx.showHidden && length <= MAX_LISTED) return keys;
  const symbols = getOwnPropertySymbols(value);
  for (let i = 0; i < symbols.length; i++) {
    if (ctx.showHidden || getOwnPropertyDescriptor(value, symbols[i]).enumerable) keys[keys.length] = symbols[i];
  }
  return keys;
}

function formatObject(ctx, value, level) {
  const kind = classOf(value);
  const name = constructorName(value);
  let tag = toStringTag(value);
  // An own enumerable tag is shown among the properties.
  if (tag !== '' && ownDescriptor(value, Symbol.toStringTag)?.enumerable) tag = '';
  if (tag === name) tag = '';
  const keys = keysOf(ctx, value, indexedLength(value, kind));
  const shape = shapeOf(ctx, value, kind, name, tag, keys);
  if (keys.length === 0 && shape.empty !== undefined) return shape.empty;
  if (level > ctx.depth || ctx.left <= 0) {
    if (shape.base !== '') return shape.base;
    const text = slice(heading(name, tag, kind === 'Array' ? 'Array' : 'Object'), 0, -1);
    return stylize(ctx, text[0] === '[' ? text : `[${text}]`, 'special');
  }
  return formatEntries(ctx, value, shape, keys, level + 1);
}

function formatEntries(ctx, value, shape, keys, level) {
  const { seen } = ctx;
  seen[seen.length] = value;
  ctx.currentLevel = level;
  let entries = [];
  shape.fill?.(ctx, entries, shape, level);
  const own = entries.length;
  for (let i = 0; i < keys.length; i++) {
    if (ctx.left <= 0) {
      entries[entries.length] = `... ${keys.length - i} more propert${keys.length - i > 1 ? 'ies' : 'y'}`;
      shape.rest = true;
      break;
    }
    entries[entries.length] = ctx.property(ownDescriptor(value, keys[i]), keys[i], level, false);
  }
  seen.length--;
  if (ctx.sorted) entries = sortEntries(ctx, entries, shape.list ? own : 0);
  const index = ctx.circular && mapGet(ctx.circular, value);
  if (index !== undefined) {
    const reference = stylize(ctx, `<ref *${index}>`, 'special');
    shape.base = shape.base === '' ? reference : `${reference} ${shape.base}`;
  }
  if (entries.length === 0) return `${shape.base === '' ? '' : `${shape.base} `}${shape.open}${shape.close}`;
  return layout(ctx, entries, shape, level);
}

function sortEntries(ctx, entries, from) {
  const compare = typeof ctx.sorted === 'function' ? ctx.sorted : undefined;
  const sorted = arraySlice(entries, from);
  try {
    arraySort(sorted, compare);
  } catch {
    return entries;
  }
  for (let i = 0; i < sorted.length; i++) entries[from + i] = sorted[i];
  return entries;
}
