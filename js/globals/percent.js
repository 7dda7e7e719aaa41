/**
 * Percent-encoding: https://url.spec.whatwg.org/#percent-encoded-bytes
 *
 * An encode set is { test, bit }: a pattern that finds what must be encoded
 * (so that clean text, the usual case, is returned as it is) and its bit in
 * the table of ASCII characters. What is not printable ASCII is in every set.
 * Input strings have to be well-formed.
 */

import { utf8Decode, utf8Encode } from 'wqjs:internal/native';
import {
  charCodeAt,
  decodeURIComponent,
  encodeURIComponent,
  includes,
  regexpExec,
  slice,
  Uint8Array,
  viewBuffer,
} from 'wqjs:internal/globals/primordials';

const HEX = '0123456789ABCDEF';
const members = new Uint8Array(128);

function encodeSet(bit, test, characters) {
  for (let i = 0; i < characters.length; i++) members[charCodeAt(characters, i)] |= bit;
  return { test, bit };
}

export const C0_CONTROL = encodeSet(1, /[^ -~]/, '');
export const FRAGMENT = encodeSet(2, /[^!#-;=?-_a-~]/, ' "<>`');
export const QUERY = encodeSet(4, /[^!$-;=?-~]/, ' "#<>');
export const SPECIAL_QUERY = encodeSet(8, /[^!$-&(-;=?-~]/, ' "#<>\'');
export const PATH = encodeSet(16, /[^!$-;=@-\]_a-z|~]/, ' "#<>?^`{}');
export const USERINFO = encodeSet(32, /[^!$-.0-9A-Z_a-z~]/, ' "#<>?^`{}/:;=@[\\]|');

/** Percent-encodes the UTF-8 of all characters in the set. */
export function percentEncode(text, set) {
  if (regexpExec(set.test, text) === null) return text;
  let out = '';
  let clean = 0;
  let i = 0;
  while (i < text.length) {
    const from = i;
    const c = charCodeAt(text, i++);
    let encoded;
    if (c > 0x7e) {
      while (i < text.length && charCodeAt(text, i) > 0x7e) i++;
      encoded = encodeURIComponent(slice(text, from, i));
    } else if (c < 0x20 || (members[c] & set.bit) !== 0) encoded = `%${HEX[c >> 4]}${HEX[c & 15]}`;
    else continue;
    out += slice(text, clean, from) + encoded;
    clean = i;
  }
  return out + slice(text, clean);
}

function hexValue(c) {
  if (c >= 48 && c <= 57) return c - 48;
  c |= 32;
  return c >= 97 && c <= 102 ? c - 87 : -1;
}

/** Percent-decodes and decodes as UTF-8 without BOM; what is wrong becomes U+FFFD. */
export function percentDecode(text) {
  if (!includes(text, '%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // Stray percent signs or bytes that are no UTF-8.
  }
  const bytes = utf8Encode(text);
  let n = 0;
  for (let i = 0; i < bytes.length; i++) {
    let b = bytes[i];
    if (b === 37 && i + 2 < bytes.length) {
      const high = hexValue(bytes[i + 1]);
      const low = hexValue(bytes[i + 2]);
      if (high >= 0 && low >= 0) {
        b = high * 16 + low;
        i += 2;
      }
    }
    bytes[n++] = b;
  }
  return utf8Decode(viewBuffer(bytes), 0, n, false);
}
