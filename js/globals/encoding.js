/**
 * TextEncoder and TextDecoder: https://encoding.spec.whatwg.org/
 *
 * Decoders: UTF-8, UTF-16LE, UTF-16BE and windows-1252, the last also for the
 * labels of ISO-8859-1 and ASCII as the standard wants it. Labels of other
 * encodings throw a RangeError.
 */

import { classOf, utf8Decode, utf8Encode, utf8EncodeInto, utf8Tail } from 'wqjs:internal/native';
import { finishInterface } from 'wqjs:internal/globals/idl';
import {
  apply,
  bufferByteLength,
  charCodeAt,
  endsWith,
  fromCharCode,
  getterOf,
  includes,
  isWellFormed,
  slice,
  toLowerCase,
  toWellFormed,
  Uint16Array,
  Uint8Array,
  viewBuffer,
  viewByteLength,
  viewByteOffset,
  viewSet,
  viewSubarray,
} from 'wqjs:internal/globals/primordials';

// Each list starts and ends with a space, so that a label is found as a word.
const LABELS = {
  'utf-8': ' unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 ',
  'utf-16le': ' csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le ',
  'utf-16be': ' unicodefffe utf-16be ',
  'windows-1252':
    ' ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591' +
    ' iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 ',
};
// 0x80 to 0x9f in windows-1252; all other bytes are their own code point.
const WINDOWS_1252 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f' +
  '\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';
// Arguments of one call of fromCharCode.
const CHUNK = 4096;

const ASCII_SPACE = '\t\n\f\r ';
const dataViewBuffer = getterOf(DataView.prototype, 'buffer');
const dataViewByteOffset = getterOf(DataView.prototype, 'byteOffset');
const dataViewByteLength = getterOf(DataView.prototype, 'byteLength');
const sharedByteLength =
  typeof SharedArrayBuffer === 'function' ? getterOf(SharedArrayBuffer.prototype, 'byteLength') : undefined;

function trim(text) {
  let from = 0;
  let to = text.length;
  while (from < to && includes(ASCII_SPACE, text[from])) from++;
  while (from < to && includes(ASCII_SPACE, text[to - 1])) to--;
  return slice(text, from, to);
}

function encodingOf(label) {
  label = toLowerCase(trim(`${label}`));
  if (label !== '' && !includes(label, ' ')) {
    for (const name in LABELS) if (includes(LABELS[name], ` ${label} `)) return name;
  }
  throw new RangeError(`TextDecoder: the encoding '${slice(label, 0, 100)}' is not supported`);
}

// Shared memory is copied: it may change while it is decoded.
function bytesAt(buffer, offset, length) {
  if (length === 0) return new Uint8Array(0);
  const bytes = new Uint8Array(buffer, offset, length);
  return classOf(buffer) === 'SharedArrayBuffer' ? new Uint8Array(bytes) : bytes;
}

// The bytes of a BufferSource; empty for a detached one.
function bytesOf(source) {
  const kind = typeof source === 'object' && source !== null ? classOf(source) : '';
  if (kind === 'ArrayBuffer') return bytesAt(source, 0, bufferByteLength(source));
  if (kind === 'SharedArrayBuffer') return bytesAt(source, 0, sharedByteLength(source));
  if (kind === 'DataView') {
    try {
      return bytesAt(dataViewBuffer(source), dataViewByteOffset(source), dataViewByteLength(source));
    } catch {
      return new Uint8Array(0);
    }
  }
  if (!endsWith(kind, 'Array') || kind === 'Array') {
    throw new TypeError('TextDecoder.decode: the input must be an ArrayBuffer or a view of one');
  }
  return bytesAt(viewBuffer(source), viewByteOffset(source), viewByteLength(source));
}

// The string of an array of code units.
function fromUnits(units) {
  if (units.length <= CHUNK) return apply(fromCharCode, undefined, units);
  let text = '';
  for (let i = 0; i < units.length; i += CHUNK) {
    text += apply(fromCharCode, undefined, viewSubarray(units, i, i + CHUNK));
  }
  return text;
}

// A codec is { tail, decode }: tail(bytes) is the number of bytes at the end
// that wait for more; decode(bytes, fatal) the text.
const utf8 = {
  tail: (bytes) => utf8Tail(viewBuffer(bytes), viewByteOffset(bytes), viewByteLength(bytes)),
  decode(bytes, fatal) {
    return utf8Decode(viewBuffer(bytes), viewByteOffset(bytes), viewByteLength(bytes), fatal);
  },
};

function utf16(high, low) {
  const isLead = (bytes, i) => i >= 0 && (bytes[i + high] & 0xfc) === 0xd8;
  return {
    tail(bytes) {
      const odd = bytes.length & 1;
      return isLead(bytes, bytes.length - odd - 2) ? odd + 2 : odd;
    },
    decode(bytes, fatal) {
      const odd = bytes.length & 1;
      const count = (bytes.length - odd) / 2;
      const units = new Uint16Array(count);
      for (let i = 0; i < count; i++) units[i] = (bytes[2 * i + high] << 8) | bytes[2 * i + low];
      const text = fromUnits(units);
      if (fatal && (odd !== 0 || !isWellFormed(text))) throw new TypeError('invalid UTF-16');
      // A lead surrogate and half a code unit at the end are one error.
      if (odd !== 0 && !isLead(bytes, bytes.length - 3)) return `${toWellFormed(text)}\ufffd`;
      return toWellFormed(text);
    },
  };
}

const windows1252 = {
  tail: () => 0,
  decode(bytes) {
    const units = new Uint16Array(bytes);
    for (let i = 0; i < units.length; i++) {
      const b = units[i];
      if (b >= 0x80 && b <= 0x9f) units[i] = charCodeAt(WINDOWS_1252, b - 0x80);
    }
    return fromUnits(units);
  },
};

const CODECS = { 'utf-8': utf8, 'utf-16le': utf16(1, 0), 'utf-16be': utf16(0, 1), 'windows-1252': windows1252 };

export class TextDecoder {
  #encoding;
  #codec;
  #fatal;
  #ignoreBOM;
  #pending = null;
  // Whether the start of the text, where a BOM may be, is behind us.
  #started = false;

  constructor(label = 'utf-8', options = {}) {
    if (options !== null && typeof options !== 'object' && typeof options !== 'function') {
      throw new TypeError('TextDecoder: options must be an object');
    }
    this.#encoding = encodingOf(label);
    this.#codec = CODECS[this.#encoding];
    this.#fatal = !!options?.fatal;
    this.#ignoreBOM = !!options?.ignoreBOM;
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input = undefined, options = {}) {
    const stream = !!options?.stream;
    let bytes = input === undefined ? new Uint8Array(0) : bytesOf(input);
    const pending = this.#pending;
    if (pending !== null) {
      const joined = new Uint8Array(pending.length + bytes.length);
      viewSet(joined, pending);
      viewSet(joined, bytes, pending.length);
      bytes = joined;
      this.#pending = null;
    }
    const started = this.#started;
    this.#started = false;
    const tail = stream ? this.#codec.tail(bytes) : 0;
    const head = tail === 0 ? bytes : viewSubarray(bytes, 0, bytes.length - tail);
    let text;
    try {
      text = this.#codec.decode(head, this.#fatal);
    } catch (error) {
      if (!this.#fatal || !(error instanceof TypeError)) throw error;
      throw new TypeError(`TextDecoder.decode: the input is not valid ${this.#encoding}`);
    }
    if (stream) {
      this.#started = started || text !== '';
      // A copy: the input may change before the next call.
      if (tail > 0) this.#pending = new Uint8Array(viewSubarray(bytes, bytes.length - tail));
    }
    // windows-1252 never gives this character.
    return !started && !this.#ignoreBOM && text[0] === '\ufeff' ? slice(text, 1) : text;
  }
}

export class TextEncoder {
  get encoding() {
    return 'utf-8';
  }

  encode(input = '') {
    return utf8Encode(`${input}`);
  }

  encodeInto(source, destination) {
    source = `${source}`;
    if (typeof destination !== 'object' || destination === null || classOf(destination) !== 'Uint8Array') {
      throw new TypeError('TextEncoder.encodeInto: the destination must be a Uint8Array');
    }
    const result = utf8EncodeInto(source, destination);
    return { read: result[0], written: result[1] };
  }
}

finishInterface(TextDecoder, 'TextDecoder');
finishInterface(TextEncoder, 'TextEncoder');
