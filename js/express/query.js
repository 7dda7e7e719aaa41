/**
 * Query strings, as Express' two parsers read them: simple ("a=1&a=2" is an
 * array, as in node:querystring) and extended ("a[b]=1" nests, as qs does).
 * All objects are without a prototype or reject keys that would reach one.
 */

// onBad gets text that is no valid encoding.
function decodePart(text, onBad) {
  if (text.includes('+')) text = text.replaceAll('+', ' ');
  if (!text.includes('%')) return text;
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
    for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(run.slice(3 * i + 1, 3 * i + 3), 16);
    return new TextDecoder().decode(bytes);
  });
}

/** @returns a null-prototype object of strings, or of arrays for keys that come again. */
export function parseSimple(text, { parameterLimit = 1000 } = {}) {
  const out = Object.create(null);
  let left = parameterLimit;
  for (let at = 0; at < text.length && left > 0;) {
    let end = text.indexOf('&', at);
    if (end < 0) end = text.length;
    if (end > at) {
      const part = text.slice(at, end);
      const eq = part.indexOf('=');
      const key = decodePart(eq < 0 ? part : part.slice(0, eq), decodeLoosely);
      const value = eq < 0 ? '' : decodePart(part.slice(eq + 1), decodeLoosely);
      const had = out[key];
      if (had === undefined) out[key] = value;
      else if (typeof had === 'string') out[key] = [had, value];
      else had.push(value);
      left--;
    }
    at = end + 1;
  }
  return out;
}

// "a[b][c]" as ["a", "[b]", "[c]"]; what is deeper than depth is one part. The
// bracketed parts of a name keep their brackets: "[]" and "[0]" are told apart.
function splitKey(key, depth, strictDepth) {
  const open = key.indexOf('[');
  if (open < 0 || depth <= 0) return [key];
  const parts = open > 0 ? [key.slice(0, open)] : [];
  let at = open;
  for (let level = 0; at >= 0 && level < depth; level++) {
    const close = key.indexOf(']', at);
    const inner = key.indexOf('[', at + 1);
    if (close < 0 || (inner >= 0 && inner < close)) break;
    parts.push(key.slice(at, close + 1));
    at = key.indexOf('[', close);
  }
  if (at < 0) return parts;
  if (strictDepth && parts.length > depth) {
    throw new RangeError(`Input depth exceeded depth option of ${depth} and strictDepth is true`);
  }
  parts.push(`[${key.slice(at)}]`);
  return parts;
}

const isIndex = (name) => /^(?:0|[1-9][0-9]{0,8})$/.test(name);

class Extended {
  constructor({ depth, arrayLimit, plainObjects, strictDepth }) {
    this.depth = depth;
    this.arrayLimit = arrayLimit;
    this.plain = plainObjects;
    this.strictDepth = strictDepth;
  }

  // Names of Object.prototype would be shadowed; __proto__ must never be set.
  isAllowed(name) {
    return name !== '__proto__' && (this.plain || !Object.hasOwn(Object.prototype, name));
  }

  make() {
    return this.plain ? Object.create(null) : {};
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
      const list = node === undefined ? [] : Array.isArray(node) ? node : typeof node === 'object' ? node : [node];
      if (!Array.isArray(list)) {
        list[Object.keys(list).length] = this.put(undefined, parts, i + 1, value);
        return list;
      }
      if (list.length > this.arrayLimit) {
        const object = this.spread(list);
        object[list.length] = this.put(undefined, parts, i + 1, value);
        return object;
      }
      const child = this.put(undefined, parts, i + 1, value);
      if (Array.isArray(child)) list.push(...child);
      else list.push(child);
      return list;
    }
    const name = part[0] === '[' && part.endsWith(']') ? part.slice(1, -1) : part;
    if (isIndex(name) && part[0] === '[' && +name <= this.arrayLimit && (node === undefined || Array.isArray(node))) {
      const list = node ?? [];
      list[+name] = this.put(list[+name], parts, i + 1, value);
      return list;
    }
    if (!this.isAllowed(name)) return node;
    if (node !== undefined && typeof node !== 'object') {
      return [node].concat(this.put(undefined, parts, i, value) ?? []);
    }
    let object = node ?? this.make();
    if (Array.isArray(object)) object = this.spread(object);
    const had = Object.hasOwn(object, name) ? object[name] : undefined;
    object[name] = this.put(had, parts, i + 1, value);
    return object;
  }

  // A second value makes a list.
  merge(had, value) {
    if (had === undefined) return value;
    if (Array.isArray(had)) {
      had.push(value);
      return had;
    }
    return [had, value];
  }

  // Holes of sparse lists go.
  compact(node) {
    if (typeof node !== 'object' || node === null) return node;
    if (Array.isArray(node)) return node.filter((v) => v !== undefined).map((v) => this.compact(v));
    for (const key of Object.keys(node)) node[key] = this.compact(node[key]);
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
    let end = text.indexOf('&', at);
    if (end < 0) end = text.length;
    if (end > at) {
      const part = text.slice(at, end).replace(/%5B/gi, '[').replace(/%5D/gi, ']');
      const bracket = part.indexOf(']=');
      const eq = bracket < 0 ? part.indexOf('=') : bracket + 1;
      const key = decodePart(eq < 0 ? part : part.slice(0, eq), keep);
      if (key !== '') {
        const value = eq < 0 ? '' : decodePart(part.slice(eq + 1), keep);
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
      return () => Object.create(null);
    case 'extended':
      return (text) => parseExtended(text, { plainObjects: true });
  }
  throw new TypeError(`unknown value for query parser function: ${setting}`);
}

/** How many parameters a text has: what parameterLimit of body parsers counts. */
export function countParameters(text) {
  let n = 1;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) n++;
  return n;
}
