/**
 * Host parsing and serialising: https://url.spec.whatwg.org/#host-parsing
 *
 * Hosts are kept as they are serialised: a domain, "1.2.3.4", "[::1]" or an
 * opaque host.
 */

import { importNow } from 'wqjs:internal/native';
import { C0_CONTROL, percentDecode, percentEncode } from 'wqjs:internal/globals/percent';
import {
  endsWith,
  floor,
  includes,
  lastIndexOf,
  parseInt,
  regexpExec,
  slice,
  split,
  startsWith,
  toLowerCase,
} from 'wqjs:internal/globals/primordials';

// Patterns here search for the first wrong character: one that matches all of
// a long text takes memory in proportion.
const NOT_PLAIN = /[^a-z0-9_.-]/;
const NOT_ASCII = /[^\0-\x7f]/;
const FORBIDDEN_HOST = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const FORBIDDEN_DOMAIN = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;
const NOT_DECIMAL = /[^0-9]/;
const NOT_OCTAL = /[^0-7]/;
const NOT_HEX = /[^0-9a-fA-F]/;

function isHex(text) {
  return (startsWith(text, '0x') || startsWith(text, '0X')) && regexpExec(NOT_HEX, slice(text, 2)) === null;
}

// The value of one part of an IPv4 address, or NaN.
function parseNumber(text) {
  if (isHex(text)) return text.length === 2 ? 0 : parseInt(text, 16);
  if (text === '' || regexpExec(NOT_DECIMAL, text) !== null) return NaN;
  if (text.length === 1 || text[0] !== '0') return parseInt(text, 10);
  return regexpExec(NOT_OCTAL, text) === null ? parseInt(text, 8) : NaN;
}

function endsInNumber(host) {
  if (endsWith(host, '.')) host = slice(host, 0, -1);
  const label = slice(host, lastIndexOf(host, '.') + 1);
  return isHex(label) || (label !== '' && regexpExec(NOT_DECIMAL, label) === null);
}

/** An IPv4 address in any of its forms as a dotted quad; null when it is none. */
export function parseIPv4(text) {
  const parts = split(endsWith(text, '.') ? slice(text, 0, -1) : text, '.');
  if (parts.length > 4) return null;
  let address = 0;
  for (let i = 0; i < parts.length; i++) {
    const n = parseNumber(parts[i]);
    const isLast = i === parts.length - 1;
    // The last part fills all bytes that are left.
    if (!(n < (isLast ? 256 ** (5 - parts.length) : 256))) return null;
    address += isLast ? n : n * 256 ** (3 - i);
  }
  return `${floor(address / 0x1000000)}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

const HEX_PIECE = /^[0-9a-fA-F]{1,4}$/;
const DECIMAL_BYTE = /^(?:0|[1-9][0-9]{0,2})$/;

// Adds the pieces of one side of "::" to the list; false when they are wrong.
function addPieces(pieces, text, isEnd) {
  if (text === '') return true;
  const parts = split(text, ':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (regexpExec(HEX_PIECE, part) !== null) pieces[pieces.length] = parseInt(part, 16);
    else if (isEnd && i === parts.length - 1 && includes(part, '.')) {
      const bytes = split(part, '.');
      if (bytes.length !== 4) return false;
      for (let j = 0; j < 4; j++) if (regexpExec(DECIMAL_BYTE, bytes[j]) === null || +bytes[j] > 255) return false;
      pieces[pieces.length] = bytes[0] * 256 + +bytes[1];
      pieces[pieces.length] = bytes[2] * 256 + +bytes[3];
    } else return false;
  }
  return true;
}

function serializeIPv6(pieces) {
  // The first longest run of two or more zeros is compressed.
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && pieces[end] === 0) end++;
    if (end - i > bestLength) {
      bestStart = i;
      bestLength = end - i;
    }
    if (end > i) i = end;
  }
  let out = '';
  for (let i = 0; i < 8; i++) {
    if (i === bestStart) {
      out += i === 0 ? '::' : ':';
      i += bestLength - 1;
    } else out += pieces[i].toString(16) + (i < 7 ? ':' : '');
  }
  return out;
}

/** The shortest form of an IPv6 address; null when it is none. Scopes are not allowed. */
export function parseIPv6(text) {
  if (text.length > 45) return null;
  const halves = split(text, '::');
  if (halves.length > 2) return null;
  const pieces = [];
  if (halves.length === 1) {
    if (!addPieces(pieces, text, true) || pieces.length !== 8) return null;
    return serializeIPv6(pieces);
  }
  const tail = [];
  if (!addPieces(pieces, halves[0], false) || !addPieces(tail, halves[1], true)) return null;
  if (pieces.length + tail.length > 7) return null;
  while (pieces.length + tail.length < 8) pieces[pieces.length] = 0;
  for (let i = 0; i < tail.length; i++) pieces[pieces.length] = tail[i];
  return serializeIPv6(pieces);
}

// The ASCII form of a domain, or null. What is ASCII already is not looked into,
// be it valid Punycode or not.
function domainToASCII(domain) {
  if (regexpExec(NOT_ASCII, domain) === null) return toLowerCase(domain);
  return importNow('wqjs:internal/globals/idna').toASCII(domain);
}

/** The host of a URL as it is serialised, or null when it is not one. */
export function parseHost(text, isSpecial) {
  if (text[0] === '[') {
    if (!endsWith(text, ']')) return null;
    const address = parseIPv6(slice(text, 1, -1));
    return address === null ? null : `[${address}]`;
  }
  if (!isSpecial) {
    return regexpExec(FORBIDDEN_HOST, text) === null ? percentEncode(text, C0_CONTROL) : null;
  }
  const isPlain = regexpExec(NOT_PLAIN, text) === null;
  const domain = isPlain ? text : domainToASCII(percentDecode(text));
  if (domain === null || domain === '' || (!isPlain && regexpExec(FORBIDDEN_DOMAIN, domain) !== null)) return null;
  return endsInNumber(domain) ? parseIPv4(domain) : domain;
}
