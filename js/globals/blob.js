/** Blob and File: https://w3c.github.io/FileAPI/, without streams and object URLs. */

import { utf8Decode, utf8Encode } from 'wqjs:internal/native';
import { finishInterface, requireArguments, toUSVString } from 'wqjs:internal/globals/idl';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import {
  max, min, regexpExec, toLowerCase, Uint8Array, viewBuffer, viewByteLength, viewByteOffset, viewSet, viewSubarray,
} from 'wqjs:internal/globals/primordials';

const { isView } = ArrayBuffer;
const NOT_IN_TYPE = /[^\x20-\x7e]/;

function typeOf(value) {
  const text = String(value ?? '');
  return regexpExec(NOT_IN_TYPE, text) === null ? toLowerCase(text) : '';
}

let bytesOf;

// The bytes of one of the parts, not copied.
function viewOf(part, endings) {
  if (part instanceof Blob) return bytesOf(part);
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  if (isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  const text = toUSVString(part);
  return utf8Encode(endings === 'native' ? text.replace(/\r\n?/g, '\n') : text);
}

function concat(parts, endings) {
  const views = [];
  let length = 0;
  for (const part of parts) {
    const view = viewOf(part, endings);
    views.push(view);
    length += viewByteLength(view);
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const view of views) {
    viewSet(out, view, at);
    at += viewByteLength(view);
  }
  return out;
}

export class Blob {
  #bytes; // never changed
  #type;

  constructor(parts = [], { type, endings = 'transparent' } = {}) {
    if (typeof parts !== 'object' || parts === null || typeof parts[Symbol.iterator] !== 'function') {
      throw new TypeError('Blob: the parts are no sequence');
    }
    if (endings !== 'transparent' && endings !== 'native') throw new TypeError(`Blob: endings is 'transparent' or 'native'`);
    this.#bytes = concat(parts, endings);
    this.#type = typeOf(type);
  }

  static {
    bytesOf = (blob) => blob.#bytes;
  }

  get size() {
    return viewByteLength(this.#bytes);
  }

  get type() {
    return this.#type;
  }

  slice(start = 0, end = this.size, type = '') {
    const place = (n) => (n < 0 ? max(this.size + n, 0) : min(n, this.size));
    const from = place(Math.trunc(start) || 0);
    const blob = new Blob([], { type });
    blob.#bytes = viewSubarray(this.#bytes, from, max(from, place(Math.trunc(end) || 0)));
    return blob;
  }

  async bytes() {
    const copy = new Uint8Array(this.size);
    viewSet(copy, this.#bytes);
    return copy;
  }

  async arrayBuffer() {
    return viewBuffer(await this.bytes());
  }

  async text() {
    return utf8Decode(viewBuffer(this.#bytes), viewByteOffset(this.#bytes), viewByteLength(this.#bytes), false);
  }

  [customInspect](depth, options, inspect) {
    return depth < 0 ? '[Blob]' : `Blob ${inspect({ size: this.size, type: this.type }, options)}`;
  }
}
finishInterface(Blob, 'Blob');

export class File extends Blob {
  #name;
  #lastModified;

  constructor(parts, name, options = {}) {
    requireArguments('File', arguments.length, 2);
    super(parts, options);
    this.#name = toUSVString(name);
    this.#lastModified = Math.trunc(Number(options.lastModified ?? Date.now())) || 0;
  }

  get name() {
    return this.#name;
  }

  get lastModified() {
    return this.#lastModified;
  }

  [customInspect](depth, options, inspect) {
    return depth < 0 ? '[File]' : `File ${inspect({ name: this.name, size: this.size, type: this.type }, options)}`;
  }
}
finishInterface(File, 'File');

/** The bytes of a Blob, not to be changed. */
export const blobBytes = bytesOf;
