/**
 * crypto: random values of https://www.w3.org/TR/webcrypto-2/, without subtle.
 * They are the host's, so those of two sandboxes of one image differ.
 */

import { finishInterface, requireArguments } from 'wqjs:internal/globals/idl';
import {
  DOMException,
  min,
  regexpExec,
  slice,
  toHex,
  Uint8Array,
  viewBuffer,
  viewByteLength,
  viewByteOffset,
  viewKind,
  viewSet,
} from 'wqjs:internal/globals/primordials';
import { randomBytes } from 'wqjs:internal/native';

const TOKEN = {};
const QUOTA = 65536; // bytes a call
const PIECE = 256; // bytes that the host gives at once
const INTEGERS = /^(?:Big)?(?:Int|Uint)\d+(?:Clamped)?Array$/;

const isIntegers = (array) => regexpExec(INTEGERS, viewKind(array) ?? '') !== null;

/** A random UUID (RFC 9562, version 4). */
export function uuid() {
  const bytes = randomBytes(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return `${slice(hex, 0, 8)}-${slice(hex, 8, 12)}-${slice(hex, 12, 16)}-${slice(hex, 16, 20)}-${slice(hex, 20)}`;
}

class Crypto {
  #brand = true;

  constructor(token) {
    if (token !== TOKEN) throw new TypeError('Crypto: illegal constructor');
  }

  getRandomValues(array) {
    this.#brand;
    requireArguments('getRandomValues', arguments.length, 1);
    if (!isIntegers(array)) throw new DOMException('getRandomValues: not a typed array of integers', 'TypeMismatchError');
    const size = viewByteLength(array);
    if (size > QUOTA) throw new DOMException(`getRandomValues: ${size} bytes are more than ${QUOTA}`, 'QuotaExceededError');
    if (size === 0) return array; // it may be detached
    const bytes = new Uint8Array(viewBuffer(array), viewByteOffset(array), size);
    for (let at = 0; at < size; at += PIECE) viewSet(bytes, randomBytes(min(PIECE, size - at)), at);
    return array;
  }

  randomUUID() {
    this.#brand;
    return uuid();
  }
}

finishInterface(Crypto, 'Crypto');

export const crypto = new Crypto(TOKEN);
