/**
 * FormData (https://xhr.spec.whatwg.org/#interface-formdata), and forms in
 * bodies: multipart/form-data and application/x-www-form-urlencoded.
 */

import { randomBytes, utf8Encode } from 'wqjs:internal/native';
import { Blob, blobBytes, File } from 'wqjs:internal/globals/blob';
import { finishInterface, requireArguments, toUSVString } from 'wqjs:internal/globals/idl';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import { isMultipart, LIMITS, readParts } from 'wqjs:internal/multipart';

let entriesOf;

// What an entry holds: text, or a file.
function entryOf(method, args) {
  requireArguments(`FormData.${method}`, args.length, 2);
  const [name, value, filename] = args;
  if (args.length > 2 && !(value instanceof Blob)) throw new TypeError(`FormData.${method}: only a Blob has a file name`);
  if (!(value instanceof Blob)) return [toUSVString(name), toUSVString(value)];
  if (value instanceof File && filename === undefined) return [toUSVString(name), value];
  const options = { type: value.type, lastModified: value.lastModified };
  return [toUSVString(name), new File([value], filename ?? 'blob', options)];
}

export class FormData {
  #entries = []; // [name, value]

  constructor(form = undefined) {
    if (form !== undefined) throw new TypeError('FormData: there are no form elements here');
  }

  static {
    entriesOf = (form) => form.#entries;
  }

  append(name, value, filename = undefined) {
    this.#entries.push(entryOf('append', arguments));
  }

  set(name, value, filename = undefined) {
    const entry = entryOf('set', arguments);
    const at = this.#entries.findIndex(([key]) => key === entry[0]);
    if (at < 0) {
      this.#entries.push(entry);
      return;
    }
    this.#entries[at] = entry;
    this.#entries = this.#entries.filter((other, i) => i <= at || other[0] !== entry[0]);
  }

  get(name) {
    return this.#entries.find(([key]) => key === String(name))?.[1] ?? null;
  }

  getAll(name) {
    return this.#entries.filter(([key]) => key === String(name)).map(([, value]) => value);
  }

  has(name) {
    return this.#entries.some(([key]) => key === String(name));
  }

  delete(name) {
    this.#entries = this.#entries.filter(([key]) => key !== String(name));
  }

  *entries() {
    for (let i = 0; i < this.#entries.length; i++) yield [...this.#entries[i]];
  }

  *keys() {
    for (const [name] of this.entries()) yield name;
  }

  *values() {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(callback, thisArg = undefined) {
    for (const [name, value] of this.entries()) callback.call(thisArg, value, name, this);
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  [customInspect](depth, options, inspect) {
    return depth < 0 ? '[FormData]' : `FormData ${inspect(this.#entries, options)}`;
  }
}
finishInterface(FormData, 'FormData');

const escapeName = (text) => text.replace(/\r\n|\r|\n/g, '%0D%0A').replaceAll('"', '%22');
const crlf = (text) => text.replace(/\r\n|\r|\n/g, '\r\n');

/** A form as a multipart body: [bytes, its Content-Type]. */
export function encodeForm(form) {
  const random = randomBytes(16).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), '');
  const boundary = `----wqjs-form-${random}`;
  const parts = [];
  for (const [name, value] of entriesOf(form)) {
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(crlf(name))}"`;
    if (typeof value === 'string') parts.push(`${head}\r\n\r\n${crlf(value)}\r\n`);
    else {
      head += `; filename="${escapeName(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`;
      parts.push(head, value, '\r\n');
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return [blobBytes(new Blob(parts)), `multipart/form-data; boundary=${boundary}`];
}

const tooLarge = (name, limit) =>
  Object.assign(new Error(`form: more than ${limit} (limit ${name})`), { status: 413, statusCode: 413, expose: true, type: `limit.${name}`, limit });

async function readUrlencoded(chunks, max) {
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (size > max.fieldSize) throw tooLarge('fieldSize', max.fieldSize);
    text += decoder.decode(chunk, { stream: true });
  }
  text += decoder.decode();
  const form = new FormData();
  let parts = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    if (++parts > max.parts) throw tooLarge('parts', max.parts);
    form.append(name, value);
  }
  return form;
}

async function* asBytes(chunks) {
  for await (const chunk of chunks) yield typeof chunk === 'string' ? utf8Encode(chunk) : chunk;
}

/**
 * Reads a form into memory.
 *
 * @param {AsyncIterable<Uint8Array|string>} chunks the body
 * @param {string} type its Content-Type
 * @param {object} [options] limits as for readParts(); of an urlencoded body, all
 *   of it counts for fieldSize.
 */
export async function readForm(chunks, type, { limits } = {}) {
  if (/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type ?? '')) return readUrlencoded(asBytes(chunks), { ...LIMITS, ...limits });
  if (!isMultipart(type)) {
    throw Object.assign(new TypeError('formData: the body is no form'), { status: 415, statusCode: 415, expose: true });
  }
  const form = new FormData();
  for await (const part of readParts(asBytes(chunks), type, { limits })) {
    if (part.isFile) form.append(part.name, new File([await part.bytes()], part.filename, { type: part.type }));
    else form.append(part.name, await part.text());
  }
  return form;
}
