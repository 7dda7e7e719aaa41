/**
 * URLSearchParams and application/x-www-form-urlencoded:
 * https://url.spec.whatwg.org/#interface-urlsearchparams
 */

import { finishInterface, requireArguments, toUSVString } from 'wqjs:internal/globals/idl';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import { percentDecode } from 'wqjs:internal/globals/percent';
import {
  arraySort,
  defineProperty,
  encodeURIComponent,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  includes,
  indexOf,
  ownKeys,
  regexpExec,
  replaceAll,
  setPrototypeOf,
  slice,
  split,
} from 'wqjs:internal/globals/primordials';

function decode(text) {
  if (includes(text, '+')) text = replaceAll(text, '+', ' ');
  return percentDecode(text);
}

// Appends the pairs of a query string to a list of alternating names and values.
function parseInto(list, query) {
  const parts = split(query, '&');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (part === '') continue;
    const equals = indexOf(part, '=');
    list[list.length] = decode(equals === -1 ? part : slice(part, 0, equals));
    list[list.length] = equals === -1 ? '' : decode(slice(part, equals + 1));
  }
}

const UNSAFE = /[^a-zA-Z0-9*._-]/;

function encode(text) {
  if (regexpExec(UNSAFE, text) === null) return text;
  let out = encodeURIComponent(text);
  // encodeURIComponent leaves more characters alone than forms do.
  if (includes(out, '%20')) out = replaceAll(out, '%20', '+');
  if (includes(out, '!')) out = replaceAll(out, '!', '%21');
  if (includes(out, "'")) out = replaceAll(out, "'", '%27');
  if (includes(out, '(')) out = replaceAll(out, '(', '%28');
  if (includes(out, ')')) out = replaceAll(out, ')', '%29');
  if (includes(out, '~')) out = replaceAll(out, '~', '%7E');
  return out;
}

function serialize(list) {
  let out = '';
  for (let i = 0; i < list.length; i += 2) {
    out += `${i === 0 ? '' : '&'}${encode(list[i])}=${encode(list[i + 1])}`;
  }
  return out;
}

// A sequence of pairs, or the own enumerable properties of a record.
function listFromObject(init) {
  const list = [];
  const iterator = init[Symbol.iterator];
  if (iterator !== undefined && iterator !== null) {
    if (typeof iterator !== 'function') throw new TypeError('URLSearchParams: the value is not iterable');
    for (const pair of init) {
      if ((typeof pair !== 'object' && typeof pair !== 'function') || typeof pair?.[Symbol.iterator] !== 'function') {
        throw new TypeError('URLSearchParams: each entry must be a pair');
      }
      const parts = [...pair];
      if (parts.length !== 2) throw new TypeError('URLSearchParams: each entry must be a [name, value] pair');
      list[list.length] = toUSVString(parts[0]);
      list[list.length] = toUSVString(parts[1]);
    }
    return list;
  }
  for (const key of ownKeys(init)) {
    if (!getOwnPropertyDescriptor(init, key)?.enumerable) continue;
    const name = toUSVString(key);
    const value = toUSVString(init[key]);
    // Different keys may become the same name once they are well-formed.
    let at = 0;
    while (at < list.length && list[at] !== name) at += 2;
    list[at] = name;
    list[at + 1] = value;
  }
  return list;
}

let getList;
let attach;
let replaceList;

export class URLSearchParams {
  #list = [];
  // Called with the new query after each change; set by the URL it belongs to.
  #onchange = null;

  static {
    getList = (params) => params.#list;
    attach = (params, onchange) => {
      params.#onchange = onchange;
    };
    replaceList = (params, query) => {
      const list = [];
      if (query !== null) parseInto(list, query);
      params.#list = list;
    };
  }

  constructor(init = '') {
    if ((typeof init === 'object' && init !== null) || typeof init === 'function') {
      this.#list = listFromObject(init);
    } else {
      const query = toUSVString(init);
      parseInto(this.#list, query[0] === '?' ? slice(query, 1) : query);
    }
  }

  #changed() {
    this.#onchange?.(serialize(this.#list));
  }

  // Keeps the pairs for which keep(name, value) is true.
  #filter(keep) {
    const list = this.#list;
    let n = 0;
    for (let i = 0; i < list.length; i += 2) {
      if (!keep(list[i], list[i + 1])) continue;
      list[n] = list[i];
      list[n + 1] = list[i + 1];
      n += 2;
    }
    list.length = n;
  }

  get size() {
    return this.#list.length / 2;
  }

  append(name, value) {
    requireArguments('URLSearchParams.append', arguments.length, 2);
    name = toUSVString(name);
    value = toUSVString(value);
    const list = this.#list;
    list[list.length] = name;
    list[list.length] = value;
    this.#changed();
  }

  delete(name, value = undefined) {
    requireArguments('URLSearchParams.delete', arguments.length, 1);
    name = toUSVString(name);
    if (value !== undefined) value = toUSVString(value);
    this.#filter((n, v) => n !== name || (value !== undefined && v !== value));
    this.#changed();
  }

  get(name) {
    requireArguments('URLSearchParams.get', arguments.length, 1);
    name = toUSVString(name);
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) return list[i + 1];
    return null;
  }

  getAll(name) {
    requireArguments('URLSearchParams.getAll', arguments.length, 1);
    name = toUSVString(name);
    const list = this.#list;
    const values = [];
    for (let i = 0; i < list.length; i += 2) if (list[i] === name) values[values.length] = list[i + 1];
    return values;
  }

  has(name, value = undefined) {
    requireArguments('URLSearchParams.has', arguments.length, 1);
    name = toUSVString(name);
    if (value !== undefined) value = toUSVString(value);
    const list = this.#list;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === name && (value === undefined || list[i + 1] === value)) return true;
    }
    return false;
  }

  set(name, value) {
    requireArguments('URLSearchParams.set', arguments.length, 2);
    name = toUSVString(name);
    value = toUSVString(value);
    const list = this.#list;
    let at = 0;
    while (at < list.length && list[at] !== name) at += 2;
    if (at === list.length) {
      list[at] = name;
      list[at + 1] = value;
    } else {
      list[at + 1] = value;
      let isFirst = true;
      this.#filter((n) => {
        if (n !== name) return true;
        const keep = isFirst;
        isFirst = false;
        return keep;
      });
    }
    this.#changed();
  }

  sort() {
    const list = this.#list;
    const pairs = [];
    for (let i = 0; i < list.length; i += 2) pairs[i / 2] = [list[i], list[i + 1]];
    // By code units; the sort is stable.
    arraySort(pairs, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    for (let i = 0; i < pairs.length; i++) {
      list[2 * i] = pairs[i][0];
      list[2 * i + 1] = pairs[i][1];
    }
    this.#changed();
  }

  forEach(callback, thisArg = undefined) {
    if (typeof callback !== 'function') throw new TypeError('URLSearchParams.forEach: the callback must be a function');
    for (let i = 0; i < this.#list.length; i += 2) {
      callback.call(thisArg, this.#list[i + 1], this.#list[i], this);
    }
  }

  entries() {
    this.#list;
    return new ParamsIterator(this, (list, i) => [list[i], list[i + 1]]);
  }

  keys() {
    this.#list;
    return new ParamsIterator(this, (list, i) => list[i]);
  }

  values() {
    this.#list;
    return new ParamsIterator(this, (list, i) => list[i + 1]);
  }

  toString() {
    return serialize(this.#list);
  }

  [customInspect](depth, options, inspect) {
    if (depth < 0) return '[URLSearchParams]';
    const list = this.#list;
    const parts = [];
    for (let i = 0; i < list.length && i < 200; i += 2) {
      parts[i / 2] = `${inspect(list[i], options)} => ${inspect(list[i + 1], options)}`;
    }
    if (list.length > 200) parts[parts.length] = `... ${list.length / 2 - 100} more`;
    return parts.length === 0 ? 'URLSearchParams {}' : `URLSearchParams { ${parts.join(', ')} }`;
  }
}

// Iterators are live: pairs added while iterating are visited.
class ParamsIterator {
  #params;
  #pick;
  #index = 0;

  constructor(params, pick) {
    this.#params = params;
    this.#pick = pick;
  }

  next() {
    const list = getList(this.#params);
    const i = this.#index;
    if (i >= list.length) return { value: undefined, done: true };
    this.#index = i + 2;
    return { value: this.#pick(list, i), done: false };
  }
}

const iteratorPrototype = getPrototypeOf(getPrototypeOf([][Symbol.iterator]()));
delete ParamsIterator.prototype.constructor;
setPrototypeOf(ParamsIterator.prototype, iteratorPrototype);
finishInterface(ParamsIterator, 'URLSearchParams Iterator');

defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries,
  writable: true,
  configurable: true,
});
finishInterface(URLSearchParams, 'URLSearchParams');

/** The params of a URL: starts from its query and reports changes. */
export function paramsOf(query, onchange) {
  const params = new URLSearchParams();
  replaceList(params, query);
  attach(params, onchange);
  return params;
}

/** Replaces the pairs by those of a query, without reporting. */
export { replaceList as setQuery };
