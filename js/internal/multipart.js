/**
 * multipart/form-data (RFC 7578), as it arrives: a part's bytes are handed on
 * before the next part is there, and what a handler does not read stops the
 * peer. Nothing grows beyond its limit.
 */

import { parameter } from 'wqjs:internal/media-type';

export const LIMITS = {
  parts: 1000, // in all
  files: 100, // parts with a file name
  fieldSize: 1 << 20, // bytes of a part without one
  fileSize: 64 << 20,
  headerSize: 16 << 10, // bytes of a part's headers
};
const EMPTY = new Uint8Array(0);
const CR = 13;

const failure = (status, message, properties) =>
  Object.assign(new Error(message), { status, statusCode: status, expose: true }, properties);
const malformed = (what) => failure(400, `malformed multipart body: ${what}`, { type: 'multipart.malformed' });
const beyond = (name, value) => failure(413, `multipart: more than ${value} (limit ${name})`, { type: `limit.${name}`, limit: value });

function concat(a, b) {
  if (a.length === 0) return b;
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

// Where the delimiter begins, or -1.
function find(bytes, delimiter, from) {
  const { length } = delimiter;
  for (let at = bytes.indexOf(CR, from); at >= 0; at = bytes.indexOf(CR, at + 1)) {
    if (at + length > bytes.length) return -1;
    let i = 1;
    while (i < length && bytes[at + i] === delimiter[i]) i++;
    if (i === length) return at;
  }
  return -1;
}

/** The bytes of a body, and the delimiters in it. */
class Source {
  constructor(chunks, boundary) {
    this.chunks = chunks[Symbol.asyncIterator]();
    this.delimiter = new TextEncoder().encode(`\r\n--${boundary}`);
    this.bytes = new Uint8Array([CR, 10]); // as if a line ended before the first delimiter
    this.atEnd = false; // of the part
  }

  async more() {
    const { value, done } = await this.chunks.next();
    if (done) throw malformed('it ends too early');
    this.bytes = concat(this.bytes, value);
  }

  async need(n) {
    while (this.bytes.length < n) await this.more();
  }

  take(n) {
    const out = this.bytes.subarray(0, n);
    this.bytes = this.bytes.subarray(n);
    return out;
  }

  /** The next piece of the current part; null at its end. */
  async piece() {
    const { length } = this.delimiter;
    for (;;) {
      if (this.atEnd) return null;
      const at = find(this.bytes, this.delimiter, 0);
      if (at >= 0) {
        const out = this.take(at);
        this.take(length);
        this.atEnd = true;
        if (out.length > 0) return out;
        continue;
      }
      // The delimiter may have begun at the end.
      const safe = this.bytes.length - length + 1;
      if (safe > 0) return this.take(safe);
      await this.more();
    }
  }

  /** After a delimiter: the headers of the next part, or null at the end of all. */
  async headers(limit) {
    await this.need(2);
    if (this.bytes[0] === 0x2d && this.bytes[1] === 0x2d) return null; // "--"
    // Blanks may follow the delimiter.
    for (let skipped = 0; this.bytes[0] === 0x20 || this.bytes[0] === 9; skipped++) {
      if (skipped > 64) throw malformed('blanks after a delimiter');
      this.take(1);
      await this.need(2);
    }
    if (this.bytes[0] !== CR || this.bytes[1] !== 10) throw malformed('no line end after a delimiter');
    const end = [CR, 10, CR, 10];
    let at = find(this.bytes, end, 0);
    while (at < 0) {
      if (this.bytes.length > limit) throw beyond('headerSize', limit);
      await this.more();
      at = find(this.bytes, end, 0);
    }
    if (at > limit) throw beyond('headerSize', limit);
    const text = new TextDecoder().decode(this.take(at));
    this.take(4);
    this.atEnd = false;
    return text;
  }
}

function parseHeaders(text) {
  const headers = Object.create(null);
  for (const line of text.split('\r\n')) {
    if (line === '') continue;
    const colon = line.indexOf(':');
    if (colon < 1) throw malformed('a header without a name');
    const name = line.slice(0, colon).trim().toLowerCase();
    headers[name] ??= line.slice(colon + 1).trim();
  }
  return headers;
}

// Browsers escape with %22, %0D and %0A and nothing else.
const unescapeName = (text) => text?.replace(/%22/g, '"').replace(/%0[dD]/g, '\r').replace(/%0[aA]/g, '\n');

/** One part. Its bytes come once: by iterating, bytes(), text() or json(). */
export class Part {
  #source;
  #limit;
  #isUsed = false;

  constructor(source, headers, limits) {
    const disposition = headers['content-disposition'] ?? '';
    if (!/^form-data\s*(?:;|$)/i.test(disposition)) throw malformed('a part is no form-data');
    this.name = unescapeName(parameter(disposition, 'name'));
    if (this.name === undefined) throw malformed('a part without a name');
    const filename = unescapeName(parameter(disposition, 'filename'));
    /** The last part of the file's name, as the client says it; undefined for fields. */
    this.filename = filename?.replace(/^.*[/\\]/s, '');
    this.type = headers['content-type'] ?? (filename === undefined ? 'text/plain' : 'application/octet-stream');
    this.headers = headers;
    this.#source = source;
    this.#limit = filename === undefined ? ['fieldSize', limits.fieldSize] : ['fileSize', limits.fileSize];
  }

  get isFile() {
    return this.filename !== undefined;
  }

  async *[Symbol.asyncIterator]() {
    if (this.#isUsed) throw new TypeError(`the part ${this.name} was read before, or is over`);
    this.#isUsed = true;
    const [name, limit] = this.#limit;
    let size = 0;
    for (let piece = await this.#source.piece(); piece !== null; piece = await this.#source.piece()) {
      size += piece.length;
      if (size > limit) throw beyond(name, limit);
      yield piece;
    }
  }

  async bytes() {
    const pieces = [];
    let length = 0;
    for await (const piece of this) {
      pieces.push(piece);
      length += piece.length;
    }
    if (pieces.length === 1) return pieces[0].slice();
    const out = new Uint8Array(length);
    let at = 0;
    for (const piece of pieces) {
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }

  async text() {
    return new TextDecoder().decode(await this.bytes());
  }

  async json() {
    return JSON.parse(await this.text());
  }

  /** Reads over what nobody read. */
  static async finish(part) {
    part.#isUsed = true;
    const [name, limit] = part.#limit;
    let size = 0;
    for (let piece = EMPTY; piece !== null; piece = await part.#source.piece()) {
      size += piece.length;
      if (size > limit) throw beyond(name, limit);
    }
  }
}

/** Whether a Content-Type is that of multipart forms. */
export const isMultipart = (type) => /^multipart\/form-data\s*;/i.test(type ?? '');

function boundaryOf(type) {
  if (!isMultipart(type)) throw failure(415, 'the body is no multipart/form-data', { type: 'multipart.type' });
  const boundary = parameter(type, 'boundary');
  if (!boundary || boundary.length > 70) throw malformed('no boundary');
  return boundary;
}

async function skipPreamble(source, limit) {
  let size = 0;
  for (let piece = EMPTY; piece !== null; piece = await source.piece()) {
    size += piece.length;
    if (size > limit) throw malformed('it does not begin with the boundary');
  }
}

/**
 * The parts of a body of a Content-Type, one after the other.
 *
 * @param {AsyncIterable<Uint8Array>} chunks the body
 * @param {object} [options] limits: parts, files, fieldSize, fileSize, headerSize.
 */
export async function* readParts(chunks, type, { limits } = {}) {
  const max = { ...LIMITS, ...limits };
  const source = new Source(chunks, boundaryOf(type));
  await skipPreamble(source, max.headerSize);
  let parts = 0;
  let files = 0;
  for (let text = await source.headers(max.headerSize); text !== null; text = await source.headers(max.headerSize)) {
    if (++parts > max.parts) throw beyond('parts', max.parts);
    const part = new Part(source, parseHeaders(text), max);
    if (part.isFile && ++files > max.files) throw beyond('files', max.files);
    yield part;
    await Part.finish(part);
  }
}
