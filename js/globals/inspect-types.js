/**
 * How each class of object is shown: its heading, braces and contents.
 *
 * A shape is { base, open, close, empty, list, numeric, rest, fill }: `base`
 * is text before the braces (or instead of them: `empty`, when there are no
 * properties); fill(ctx, entries, shape, level) adds contents; `list` lets
 * many short entries stand in columns, right-aligned if `numeric`; `rest` says
 * that the last entry counts what is left out.
 */

import { promiseState } from 'wqjs:internal/native';
import { describeError } from 'wqjs:internal/globals/inspect-error';
import { describeFunction } from 'wqjs:internal/globals/inspect-function';
import { ownDescriptor } from 'wqjs:internal/globals/inspect-lookup';
import { formatPrimitive, hexByte, limit, more, stylize } from 'wqjs:internal/globals/inspect-text';
import { regexpFlags, regexpSource } from 'wqjs:internal/globals/regexp';
import {
  arrayJoin,
  bufferByteLength,
  getPrototypeOf,
  getterOf,
  hasOwn,
  Map,
  mapSize,
  min,
  objectKeys,
  regexpExec,
  Set,
  setSize,
  Uint8Array,
  uncurry,
  viewLength,
} from 'wqjs:internal/globals/primordials';

const mapEntries = uncurry(Map.prototype.entries);
const mapNext = uncurry(getPrototypeOf(new Map().entries()).next);
const setValues = uncurry(Set.prototype.values);
const setNext = uncurry(getPrototypeOf(new Set().values()).next);
const dateValue = uncurry(Date.prototype.getTime);
const dateISO = uncurry(Date.prototype.toISOString);
const detached = getterOf(ArrayBuffer.prototype, 'detached');
const sharedByteLength =
  typeof SharedArrayBuffer === 'function' ? getterOf(SharedArrayBuffer.prototype, 'byteLength') : undefined;
const dataView = {
  byteLength: getterOf(DataView.prototype, 'byteLength'),
  byteOffset: getterOf(DataView.prototype, 'byteOffset'),
  buffer: getterOf(DataView.prototype, 'buffer'),
};
const boxed = {
  __proto__: null,
  BigInt: uncurry(BigInt.prototype.valueOf),
  Boolean: uncurry(Boolean.prototype.valueOf),
  Number: uncurry(Number.prototype.valueOf),
  String: uncurry(String.prototype.valueOf),
  Symbol: uncurry(Symbol.prototype.valueOf),
};
const typedArrays = {
  __proto__: null,
  BigInt64Array: true,
  BigUint64Array: true,
  Float16Array: true,
  Float32Array: true,
  Float64Array: true,
  Int16Array: true,
  Int32Array: true,
  Int8Array: true,
  Uint16Array: true,
  Uint32Array: true,
  Uint8Array: true,
  Uint8ClampedArray: true,
};
const INDEX = /^\d+$/;

/** "Foo(2) [Tag] ", "[Array(2): null prototype] " */
export function heading(name, tag, fallback, size = '') {
  const suffix = tag === '' || (name === null && tag === fallback) ? '' : `[${limit(tag)}] `;
  if (name === null) return `[${fallback}${size}: null prototype] ${suffix}`;
  return `${limit(name)}${size} ${suffix}`;
}

/** The number of elements of an object whose indices are not listed as keys; -1 for others. */
export function indexedLength(value, kind) {
  if (kind === 'Array') return value.length;
  if (kind === 'String') return boxed.String(value).length;
  return typedArrays[kind] === true ? viewLength(value) : -1;
}

function braces(head, fill) {
  return { base: '', open: `${head}{`, close: '}', empty: undefined, list: false, numeric: false, rest: false, fill };
}

function list(head, fill) {
  return { base: '', open: `${head}[`, close: ']', empty: undefined, list: true, numeric: false, rest: false, fill };
}

function text(base) {
  return { base, open: '{', close: '}', empty: base, list: false, numeric: false, rest: false, fill: undefined };
}

function add(entries, entry) {
  entries[entries.length] = entry;
}

function addRest(entries, shape, n) {
  if (n <= 0) return;
  add(entries, `... ${more(n, 'item')}`);
  shape.rest = true;
}

function fillArray(value) {
  return (ctx, entries, shape, level) => {
    const { length } = value;
    let keys;
    let next = 0;
    let i = 0;
    shape.numeric = true;
    while (i < length && entries.length < ctx.maxArrayLength && ctx.left > 0) {
      const descriptor = hasOwn(value, i) ? ownDescriptor(value, i) : undefined;
      if (descriptor !== undefined) {
        const type = typeof descriptor.value;
        if (type !== 'number' && type !== 'bigint') shape.numeric = false;
        add(entries, ctx.property(descriptor, i, level, true));
        i++;
        continue;
      }
      // A hole: only sparse arrays have them, and their keys are few.
      keys ??= objectKeys(value);
      while (next < keys.length && +keys[next] <= i) next++;
      const isIndex = next < keys.length && regexpExec(INDEX, keys[next]) !== null;
      const to = isIndex ? min(+keys[next], length) : length;
      add(entries, stylize(ctx, `<${to - i} empty item${to - i > 1 ? 's' : ''}>`, 'undefined'));
      shape.numeric = false;
      i = to;
    }
    addRest(entries, shape, length - i);
  };
}

function fillTyped(value) {
  return (ctx, entries, shape) => {
    const length = viewLength(value);
    const shown = min(length, ctx.maxArrayLength);
    let i = 0;
    for (; i < shown && ctx.left > 0; i++) {
      add(entries, formatPrimitive(ctx, value[i]));
      ctx.left -= entries[i].length;
    }
    shape.numeric = true;
    addRest(entries, shape, length - i);
  };
}

function fillSet(value, size) {
  return (ctx, entries, shape, level) => {
    const iterator = setValues(value);
    let shown = 0;
    for (; shown < size && shown < ctx.maxArrayLength && ctx.left > 0; shown++) {
      const step = setNext(iterator);
      if (step.done) break;
      add(entries, ctx.nested(step.value, level));
    }
    addRest(entries, shape, size - shown);
  };
}

function fillMap(value, size) {
  return (ctx, entries, shape, level) => {
    const iterator = mapEntries(value);
    let shown = 0;
    for (; shown < size && shown < ctx.maxArrayLength && ctx.left > 0; shown++) {
      const step = mapNext(iterator);
      if (step.done) break;
      add(entries, `${ctx.nested(step.value[0], level)} => ${ctx.nested(step.value[1], level)}`);
    }
    addRest(entries, shape, size - shown);
  };
}

function fillBuffer(value, length, isDetached) {
  return (ctx, entries) => {
    if (isDetached) add(entries, stylize(ctx, '(detached)', 'special'));
    else {
      const shown = min(length, ctx.maxArrayLength);
      const bytes = new Uint8Array(value, 0, shown);
      const hex = [];
      for (let i = 0; i < shown; i++) hex[i] = hexByte(bytes[i]);
      const rest = length > shown ? ` ... ${more(length - shown, 'byte')}` : '';
      add(entries, `${stylize(ctx, '[Uint8Contents]', 'special')}: <${arrayJoin(hex, ' ')}${rest}>`);
    }
    add(entries, `byteLength: ${formatPrimitive(ctx, length)}`);
  };
}

function fillDataView(value) {
  return (ctx, entries, shape, level) => {
    for (const key of ['byteLength', 'byteOffset', 'buffer']) {
      let part;
      try {
        part = dataView[key](value);
      } catch {
        // The buffer is detached or too small now.
        part = 0;
      }
      add(entries, `${key}: ${ctx.nested(part, level)}`);
    }
  };
}

function fillPromise(value) {
  return (ctx, entries, shape, level) => {
    const state = promiseState(value);
    if (state[0] === 0) return add(entries, stylize(ctx, '<pending>', 'special'));
    const result = ctx.nested(state[1], level);
    add(entries, state[0] === 1 ? result : `${stylize(ctx, '<rejected>', 'special')} ${result}`);
  };
}

function unknownItems(ctx, entries) {
  add(entries, stylize(ctx, '<items unknown>', 'special'));
}

function describeRegExp(ctx, value) {
  return stylize(ctx, `/${limit(regexpSource(value))}/${regexpFlags(value)}`, 'regexp');
}

function describeDate(ctx, value) {
  const time = dateValue(value);
  return stylize(ctx, time !== time ? 'Invalid Date' : dateISO(value), 'date');
}

function describeBoxed(ctx, value, kind, name, tag) {
  const inner = formatPrimitive({ ...ctx, colors: false, pad: () => '', breakLength: Infinity }, boxed[kind](value));
  let head = kind;
  if (name !== kind) head += name === null ? ' (null prototype)' : ` (${limit(name)})`;
  const suffix = tag === '' || tag === kind ? '' : ` [${limit(tag)}]`;
  return stylize(ctx, `[${head}: ${inner}]${suffix}`, kind === 'String' ? 'string' : typeof boxed[kind](value));
}

function prefixed(base, kind, name, tag) {
  return name === kind && tag === '' ? base : `${heading(name, tag, kind)}${base}`;
}

// Classes with a shape of their own; all others are shown as plain objects.
const shapes = {
  __proto__: null,
  Array(ctx, value, kind, name, tag) {
    const plain = name === 'Array' && tag === '';
    const shape = list(plain ? '' : heading(name, tag, 'Array', `(${value.length})`), fillArray(value));
    if (value.length === 0) shape.empty = `${shape.open}]`;
    return shape;
  },
  Set(ctx, value, kind, name, tag) {
    const size = setSize(value);
    return braces(heading(name, tag, 'Set', `(${size})`), fillSet(value, size));
  },
  Map(ctx, value, kind, name, tag) {
    const size = mapSize(value);
    return braces(heading(name, tag, 'Map', `(${size})`), fillMap(value, size));
  },
  ArrayBuffer(ctx, value, kind, name, tag) {
    return braces(heading(name, tag, kind), fillBuffer(value, bufferByteLength(value), detached?.(value)));
  },
  SharedArrayBuffer(ctx, value, kind, name, tag) {
    return braces(heading(name, tag, kind), fillBuffer(value, sharedByteLength(value), false));
  },
  DataView: (ctx, value, kind, name, tag) => braces(heading(name, tag, kind), fillDataView(value)),
  Promise: (ctx, value, kind, name, tag) => braces(heading(name, tag, kind), fillPromise(value)),
  WeakMap: (ctx, value, kind, name, tag) => braces(heading(name, tag, kind), unknownItems),
  WeakSet: (ctx, value, kind, name, tag) => braces(heading(name, tag, kind), unknownItems),
  Date: (ctx, value, kind, name, tag) => text(prefixed(describeDate(ctx, value), kind, name, tag)),
  RegExp: (ctx, value, kind, name, tag) => text(prefixed(describeRegExp(ctx, value), kind, name, tag)),
  Arguments: () => braces('[Arguments] ', undefined),
};

function plainShape(name, tag) {
  let head = heading(name, tag, 'Object');
  if (name === 'Object' && tag === '') head = '';
  // Only module namespaces have this tag without a prototype.
  else if (name === null && tag === 'Module') head = '[Module: null prototype] ';
  const shape = braces(head, undefined);
  shape.empty = `${shape.open}}`;
  return shape;
}

/** The shape of an object of the given internal class; may add to or take from `keys`. */
export function shapeOf(ctx, value, kind, name, tag, keys) {
  if (typeof value === 'function') return text(describeFunction(ctx, value, kind, name, tag));
  const special = shapes[kind];
  if (special !== undefined) return special(ctx, value, kind, name, tag);
  if (kind === 'Error' || kind === 'DOMException') return text(describeError(ctx, value, kind, name, tag, keys));
  if (boxed[kind] !== undefined) return text(describeBoxed(ctx, value, kind, name, tag));
  if (typedArrays[kind] === true) {
    const shape = list(heading(name, tag, kind, `(${viewLength(value)})`), fillTyped(value));
    if (viewLength(value) === 0) shape.empty = `${shape.open}]`;
    return shape;
  }
  return plainShape(name, tag);
}
