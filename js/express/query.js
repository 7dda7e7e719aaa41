/**
 * Query strings, as Express' two parsers read them: simple ("a=1&a=2" is an
 * array, as in node:querystring) and extended ("a[b]=1" nests, as qs does).
 * All objects are without a prototype or reject keys that would reach one.
 */

import {
  decodeURIComponent, hasOwn, includes, indexOf, isArray, objectKeys, objectPrototype, parseInt, regexpExec, replaceAll, slice,
} from 'wqjs:internal/globals/primordials';

// onBad gets text that is no valid encoding.
function decodePart(text, onBad) {
  if (includes(text, '+')) text = replaceAll(text, '+', ' ');
  if (!includes(text, '%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return onBad(text);
  }
}

const keep = (text) => text;

// Bytes that are no UTF-8 become U+FFFD, what is no escape stays as it is.
function decodeLoosely(text) {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = new Uint8Array(run.length / 3);
    for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(slice(run, 3 * i + 1, 3 * i + 3), 16);
    return new TextDecoder().decode(bytes);
  });
}

/** @returns a null-prototype object of strings, or of arrays for keys that come again. */
export function parseSimple(text, { parameterLimit = 1000 } = {}) {
  const out = { __proto__: null };
  let left = parameterLimit;
  for (let at = 0; at < text.length && left > 0;) {
    let end = indexOf(text, '&', at);
    if (end < 0) end = text.length;
    if (end > at) {
      const part = slice(text, at, end);
      const eq = indexOf(part, '=');
      const key = decodePart(eq < 0 ? part : slice(part, 0, eq), decodeLoosely);
      const value = eq < 0 ? '' : decodePart(slice(part, eq + 1), decodeLoosely);
      const had = out[key];
      if (had === undefined) out[key] = value;
      else if (typeof had === 'string') out[key] = [had, value];
      else had[had.length] = value;
      left--;
    }
    at = end + 1;
  }
  return out;
}

// "a[b][c]" as ["a", "[b]", "[c]"]; what is deeper than depth is one part. The
// bracketed parts of a name keep their brackets: "[]" and "[0]" are told apart.
function splitKey(key, depth, strictDepth) {
  const open = indexOf(key, '[');
  if (open < 0 || depth <= 0) return [key];
  const parts = open > 0 ? [slice(key, 0, open)] : [];
  let at = open;
  for (let level = 0; at >= 0 && level < depth; level++) {
    const close = indexOf(key, ']', at);
    const inner = indexOf(key, '[', at + 1);
    if (close < 0 || (inner >= 0 && inner < close)) break;
    parts[parts.length] = slice(key, at, close + 1);
    at = indexOf(key, '[', close);
  }
  if (at < 0) return parts;
  if (strictDepth && parts.length > depth) {
    throw new RangeError(`Input depth exceeded depth option of ${depth} and strictDepth is true`);
  }
  parts[parts.length] = `[${slice(key, at)}]`;
  return parts;
}

const INDEX = /^(?:0|[1-9][0-9]{0,8})$/;
const isIndex = (name) => regexpExec(INDEX, name) !== null;

// All of a list, or what is none.
function append(list, value) {
  if (isArray(value)) for (let i = 0; i < value.length; i++) list[list.length] = value[i];
  else list[list.length] = value;
  return list;
}

function decodeBrackets(text) {
  if (!includes(text, '%5')) return text;
  return replaceAll(replaceAll(replaceAll(replaceAll(text, '%5B', '['), '%5b', '['), '%5D', ']'), '%5d', ']');
}

class Extended {
  constructor({ depth, arrayLimit, plainObjects, strictDepth }) {
    this.depth = depth;
    this.arrayLimit = arrayLimit;
    this.plain = plainObjects;
    this.strictDepth = strictDepth;
  }

  // Names of Object.prototype would be shadowed; __proto__ must never be set.
  isAllowed(name) {
    return name !== '__proto__' && (this.plain || !hasOwn(objectPrototype, name));
  }

  make() {
    return this.plain ? { __proto__: null } : {};
  }

  // An array turned into an object with its indexes as keys.
  spread(array) {
    const out = this.make();
    for (let i = 0; i < array.length; i++) if (array[i] !== undefined) out[i] = array[i];
    return out;
  }

  /** Puts a value at the path parts[i…] below what was there, and gives the new node. */
  put(node, parts, i, value) {
    if (i === parts.length) return this.merge(node, value);
    const part = parts[i];
    if (part === '[]') {
      const list = node === undefined ? [] : isArray(node) ? node : typeof node === 'object' ? node : [node];
      if (!isArray(list)) {
        list[objectKeys(list).length] = this.put(undefined, parts, i + 1, value);
        return list;
      }
      if (list.length > this.arrayLimit) {
        const object = this.spread(list);
        object[list.length] = this.put(undefined, parts, i + 1, value);
        return object;
      }
      const child = this.put(undefined, parts, i + 1, value);
      return append(list, child);
    }
    const name = part[0] === '[' && part[part.length - 1] === ']' ? slice(part, 1, -1) : part;
    if (isIndex(name) && part[0] === '[' && +name <= this.arrayLimit && (node === undefined || isArray(node))) {
      const list = node ?? [];
      list[+name] = this.put(list[+name], parts, i + 1, value);
      return list;
    }
    if (!this.isAllowed(name)) return node;
    if (node !== undefined && typeof node !== 'object') {
      return append([node], this.put(undefined, parts, i, value) ?? []);
    }
    let object = node ?? this.make();
    if (isArray(object)) object = this.spread(object);
    const had = hasOwn(object, name) ? object[name] : undefined;
    object[name] = this.put(had, parts, i + 1, value);
    return object;
  }

  // A second value makes a list.
  merge(had, value) {
    if (had === undefined) return value;
    if (isArray(had)) {
      had[had.length] = value;
      return had;
    }
    return [had, value];
  }

  // Holes of sparse lists go.
  compact(node) {
    if (typeof node !== 'object' || node === null) return node;
    if (isArray(node)) {
      const out = [];
      for (let i = 0; i < node.length; i++) if (node[i] !== undefined) out[out.length] = this.compact(node[i]);
      return out;
    }
    const keys = objectKeys(node);
    for (let i = 0; i < keys.length; i++) node[keys[i]] = this.compact(node[keys[i]]);
    return node;
  }
}

/**
 * @param {object} [options] depth: levels of brackets; parameterLimit: pairs
 *   that are read; arrayLimit: the highest index of an array, beyond it objects
 *   are made; plainObjects: no prototype, so names like "toString" are allowed.
 */
export function parseExtended(text, options = {}) {
  const { depth = 5, parameterLimit = 1000, arrayLimit = 20, plainObjects = false, strictDepth = false } = options;
  const reader = new Extended({ depth, arrayLimit, plainObjects, strictDepth });
  const out = reader.make();
  let left = parameterLimit;
  for (let at = 0; at < text.length && left > 0;) {
    let end = indexOf(text, '&', at);
    if (end < 0) end = text.length;
    if (end > at) {
      const part = decodeBrackets(slice(text, at, end));
      const bracket = indexOf(part, ']=');
      const eq = bracket < 0 ? indexOf(part, '=') : bracket + 1;
      const key = decodePart(eq < 0 ? part : slice(part, 0, eq), keep);
      if (key !== '') {
        const value = eq < 0 ? '' : decodePart(slice(part, eq + 1), keep);
        reader.put(out, splitKey(key, depth, strictDepth), 0, value);
      }
      left--;
    }
    at = end + 1;
  }
  return reader.compact(out);
}

/** The function for a "query parser" setting. */
export function queryParser(setting) {
  if (typeof setting === 'function') return setting;
  switch (setting) {
    case true:
    case 'simple':
      return parseSimple;
    case false:
      return () => ({ __proto__: null });
    case 'extended':
      return (text) => parseExtended(text, { plainObjects: true });
  }
  throw new TypeError(`unknown value for query parser function: ${setting}`);
}

/** How many parameters a text has: what parameterLimit of body parsers counts. */
export function countParameters(text) {
  let n = 1;
  for (let at = indexOf(text, '&'); at >= 0; at = indexOf(text, '&', at + 1)) n++;
  return n;
}
