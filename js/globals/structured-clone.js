/**
 * structuredClone: https://html.spec.whatwg.org/multipage/structured-data.html
 *
 * Works in two passes, as the standard does: the first reads the value into
 * records (running getters, finding what cannot be cloned), the second builds
 * the copy from them without running user code; buffers are transferred in
 * between, so a clone that fails transfers nothing. Both passes keep their own
 * stack: the depth of the value does not matter.
 *
 * Differences: a shared buffer cannot be shared with a copy here and is
 * refused; a view of a resizable buffer that reaches to its end is taken for
 * one that tracks the length.
 */

import { classOf } from 'wqjs:internal/native';
import { platformPrototypes, requireArguments } from 'wqjs:internal/globals/idl';
import {
  bufferByteLength,
  defineProperty,
  DOMException,
  errorStack,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  getterOf,
  hasOwn,
  Map,
  mapForEach,
  mapGet,
  mapSet,
  objectKeys,
  objectPrototype,
  Set,
  setAdd,
  setForEach,
  setHas,
  uncurry,
  viewBuffer,
  viewByteLength,
  viewByteOffset,
  viewLength,
} from 'wqjs:internal/globals/primordials';
import { regexpFlags, regexpSource } from 'wqjs:internal/globals/regexp';

const bufferSlice = uncurry(ArrayBuffer.prototype.slice);
const bufferTransfer = uncurry(ArrayBuffer.prototype.transfer);
const bufferDetached = getterOf(ArrayBuffer.prototype, 'detached');
const bufferResizable = getterOf(ArrayBuffer.prototype, 'resizable');
const bufferMaxByteLength = getterOf(ArrayBuffer.prototype, 'maxByteLength');
const dataViewBuffer = getterOf(DataView.prototype, 'buffer');
const dataViewByteOffset = getterOf(DataView.prototype, 'byteOffset');
const dataViewByteLength = getterOf(DataView.prototype, 'byteLength');
const dateValue = uncurry(Date.prototype.getTime);
const exceptionName = getterOf(DOMException.prototype, 'name');
const exceptionMessage = getterOf(DOMException.prototype, 'message');
const unbox = {
  __proto__: null,
  BigInt: uncurry(BigInt.prototype.valueOf),
  Boolean: uncurry(Boolean.prototype.valueOf),
  Number: uncurry(Number.prototype.valueOf),
  String: uncurry(String.prototype.valueOf),
};
const ERRORS = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
const VIEWS = {
  __proto__: null,
  BigInt64Array,
  BigUint64Array,
  DataView,
  Float16Array: globalThis.Float16Array,
  Float32Array,
  Float64Array,
  Int16Array,
  Int32Array,
  Int8Array,
  Uint16Array,
  Uint32Array,
  Uint8Array,
  Uint8ClampedArray,
};
const MAX_CHAIN = 1000;

function refuse(what) {
  throw new DOMException(`${what} could not be cloned`, 'DataCloneError');
}

const NONE = [];

/**
 * One object of the value. `keys` and `values` are its properties (a key is
 * undefined when the property went away before it was read), or the entries of
 * a Map, or as values those of a Set. A value that was read is a primitive or
 * another Item. While the contents are read, `source` is what they are read
 * from and `next` the index of the next one.
 */
class Item {
  keys = NONE;
  values = NONE;
  source = undefined;
  next = 0;
  copy = undefined;

  constructor(kind, data) {
    this.kind = kind;
    this.data = data;
  }
}

// Objects of the platform's own classes have state that properties do not show.
function isPlatformObject(value) {
  let proto = getPrototypeOf(value);
  for (let i = 0; proto !== null && proto !== objectPrototype && i < MAX_CHAIN; i++) {
    if (setHas(platformPrototypes, proto)) return true;
    if (classOf(proto) === 'Proxy') return false;
    proto = getPrototypeOf(proto);
  }
  return false;
}

/** The first pass. */
class Reader {
  items = new Map();
  // Items whose contents are being read.
  stack = [];

  constructor(transfer) {
    for (let i = 0; i < transfer.length; i++) {
      mapSet(this.items, transfer[i], new Item('transfer', transfer[i]));
    }
  }

  read(value) {
    const root = this.itemFor(value);
    const { stack } = this;
    while (stack.length > 0) {
      const item = stack[stack.length - 1];
      if (item.next === item.values.length) stack.length--;
      else this.step(item);
    }
    return root;
  }

  // Reads the next property or entry of an object.
  step(item) {
    const { keys, kind, source, values } = item;
    const i = item.next++;
    if (kind === 'Set') values[i] = this.itemFor(values[i]);
    else if (kind === 'Map') {
      keys[i] = this.itemFor(keys[i]);
      values[i] = this.itemFor(values[i]);
    } else if (hasOwn(source, keys[i])) values[i] = this.itemFor(source[keys[i]]);
    else keys[i] = undefined;
  }

  // The item of an object, or the primitive itself.
  itemFor(value) {
    switch (typeof value) {
      case 'symbol':
        return refuse('A symbol');
      case 'function':
        return refuse('A function');
      case 'object':
        break;
      default:
        return value;
    }
    if (value === null) return value;
    const known = mapGet(this.items, value);
    if (known !== undefined) return known;
    const item = this.create(value, classOf(value));
    mapSet(this.items, value, item);
    return item;
  }

  create(value, kind) {
    switch (kind) {
      case 'Object':
      case 'Arguments':
        if (isPlatformObject(value)) return refuse('A platform object');
        return this.enterProperties(new Item('Object'), value, objectKeys(value));
      case 'Array':
        return this.enterProperties(new Item('Array', value.length), value, objectKeys(value));
      case 'Map':
        return this.enterMap(value);
      case 'Set':
        return this.enterSet(value);
      case 'Date':
        return new Item('Date', dateValue(value));
      case 'RegExp':
        return new Item('RegExp', { source: regexpSource(value), flags: regexpFlags(value) });
      case 'Error':
        return this.createError(value);
      case 'DOMException':
        return new Item('DOMException', { name: exceptionName(value), message: exceptionMessage(value) });
      case 'ArrayBuffer':
        return this.createBuffer(value);
    }
    if (unbox[kind] !== undefined) return new Item('boxed', unbox[kind](value));
    if (VIEWS[kind] !== undefined) return this.createView(value, kind);
    return refuse(`A ${kind}`);
  }

  // Has the contents of an item read next.
  enter(item, source, keys, values) {
    if (values.length === 0) return item;
    item.source = source;
    item.keys = keys;
    item.values = values;
    this.stack[this.stack.length] = item;
    return item;
  }

  enterProperties(item, source, keys) {
    const values = [];
    for (let i = 0; i < keys.length; i++) values[i] = undefined;
    return this.enter(item, source, keys, values);
  }

  enterMap(source) {
    const keys = [];
    const values = [];
    mapForEach(source, (value, key) => {
      keys[keys.length] = key;
      values[values.length] = value;
    });
    return this.enter(new Item('Map'), source, keys, values);
  }

  enterSet(source) {
    const values = [];
    setForEach(source, (value) => {
      values[values.length] = value;
    });
    return this.enter(new Item('Set'), source, NONE, values);
  }

  createError(value) {
    const { name } = value;
    const message = getOwnPropertyDescriptor(value, 'message');
    const item = new Item('Error', {
      name: typeof name === 'string' && ERRORS[name] !== undefined ? name : 'Error',
      message: message !== undefined && 'value' in message ? `${message.value}` : undefined,
      stack: getOwnPropertyDescriptor(value, 'stack')?.value ?? errorStack(value),
    });
    const keys = getOwnPropertyDescriptor(value, 'cause') === undefined ? [] : ['cause'];
    return this.enterProperties(item, value, keys);
  }

  createBuffer(value) {
    if (bufferDetached(value)) return refuse('A detached ArrayBuffer');
    if (!bufferResizable(value)) return new Item('ArrayBuffer', bufferSlice(value, 0));
    const copy = new ArrayBuffer(bufferByteLength(value), { maxByteLength: bufferMaxByteLength(value) });
    new Uint8Array(copy).set(new Uint8Array(value));
    return new Item('ArrayBuffer', copy);
  }

  createView(value, kind) {
    const isData = kind === 'DataView';
    const source = isData ? dataViewBuffer(value) : viewBuffer(value);
    if (classOf(source) === 'ArrayBuffer' && bufferDetached(source)) return refuse(`A ${kind} of a detached buffer`);
    let offset;
    let bytes;
    try {
      offset = isData ? dataViewByteOffset(value) : viewByteOffset(value);
      bytes = isData ? dataViewByteLength(value) : viewByteLength(value);
    } catch {
      return refuse(`A ${kind} that is out of bounds`);
    }
    const buffer = this.itemFor(source);
    let length = isData ? bytes : viewLength(value);
    if (bufferResizable(source) && offset + bytes === bufferByteLength(source)) length = undefined;
    return new Item('view', { kind, buffer, offset, length });
  }
}

/** The second pass: makes an object without its contents. */
function create(item) {
  const { data } = item;
  switch (item.kind) {
    case 'Object':
      return {};
    case 'Array': {
      const copy = [];
      copy.length = data;
      return copy;
    }
    case 'Map':
      return new Map();
    case 'Set':
      return new Set();
    case 'Date':
      return new Date(data);
    case 'RegExp':
      return new RegExp(data.source, data.flags);
    case 'boxed':
      return Object(data);
    case 'ArrayBuffer':
      return data;
    case 'DOMException':
      return new DOMException(data.message, data.name);
    case 'Error':
      return createError(data);
    case 'transfer':
      return transferBuffer(data);
  }
  const { buffer, kind, length, offset } = data;
  buffer.copy ??= create(buffer);
  return length === undefined ? new VIEWS[kind](buffer.copy, offset) : new VIEWS[kind](buffer.copy, offset, length);
}

function defineValue(object, key, value, enumerable) {
  defineProperty(object, key, { value, writable: true, enumerable, configurable: true });
}

function createError(data) {
  const error = new ERRORS[data.name]();
  if (data.message !== undefined) defineValue(error, 'message', data.message, false);
  if (typeof data.stack === 'string') defineValue(error, 'stack', data.stack, false);
  return error;
}

function transferBuffer(buffer) {
  try {
    return bufferTransfer(buffer);
  } catch {
    return refuse('An ArrayBuffer that cannot be detached');
  }
}

function fill(item) {
  const { copy, keys, kind, values } = item;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] instanceof Item ? values[i].copy : values[i];
    if (kind === 'Map') mapSet(copy, keys[i] instanceof Item ? keys[i].copy : keys[i], value);
    else if (kind === 'Set') setAdd(copy, value);
    else if (keys[i] === undefined) continue;
    else if (kind === 'Error') defineValue(copy, keys[i], value, false);
    // Assigning would call a setter that is in the prototype chain.
    else if (keys[i] in copy) defineValue(copy, keys[i], value, true);
    else copy[keys[i]] = value;
  }
}

function transferList(options) {
  if (options === undefined || options === null) return [];
  if (typeof options !== 'object' && typeof options !== 'function') {
    throw new TypeError('structuredClone: options must be an object');
  }
  const { transfer } = options;
  const list = transfer === undefined ? [] : [...transfer];
  const seen = new Set();
  for (let i = 0; i < list.length; i++) {
    const buffer = list[i];
    if (typeof buffer !== 'object' || buffer === null) {
      throw new TypeError('structuredClone: transfer must be a list of objects');
    }
    if (classOf(buffer) !== 'ArrayBuffer') refuse('A value in the transfer list that is not transferable');
    if (setHas(seen, buffer)) refuse('An ArrayBuffer that is twice in the transfer list');
    setAdd(seen, buffer);
  }
  return list;
}

/** A deep copy of a value; `options.transfer` lists ArrayBuffers to move instead of copying. */
export function structuredClone(value, options = undefined) {
  requireArguments('structuredClone', arguments.length, 1);
  const transfer = transferList(options);
  const reader = new Reader(transfer);
  const root = reader.read(value);
  for (let i = 0; i < transfer.length; i++) {
    if (bufferDetached(transfer[i])) refuse('A detached ArrayBuffer');
  }
  mapForEach(reader.items, (item) => {
    item.copy ??= create(item);
  });
  mapForEach(reader.items, fill);
  return root instanceof Item ? root.copy : root;
}
