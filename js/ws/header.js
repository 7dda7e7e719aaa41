/** The headers of the opening handshake (RFC 6455, section 4 and 9.1). */

import { digest, randomBytes } from 'wqjs:internal/native';
import { indexOf, regexpExec, slice, split, toLowerCase, trim } from 'wqjs:internal/globals/primordials';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const MAX_ITEMS = 32;

export const isToken = (text) => regexpExec(TOKEN, text) !== null;

function base64(bytes) {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let j = 0; j < 4; j++) out += i + j > bytes.length ? '=' : ALPHABET[(n >> (18 - 6 * j)) & 63];
  }
  return out;
}

/** Sixteen random bytes: Sec-WebSocket-Key. */
export const makeKey = () => base64(randomBytes(16));

/** What a server answers to a key: Sec-WebSocket-Accept. */
export const acceptKey = (key) => base64(digest('sha1', key + GUID));

/** Whether a key is sixteen bytes in base64. */
export const isKey = (key) => regexpExec(KEY, key ?? '') !== null;

/** The items of a list without parameters, in lower case if asked. */
export function listOf(header) {
  const items = [];
  const all = split(header ?? '', ',');
  for (let i = 0; i < all.length; i++) {
    const text = trim(all[i]);
    if (text !== '') items[items.length] = text;
  }
  return items;
}

/** Whether a list has the item, whatever its case. */
export function hasItem(header, wanted) {
  const items = listOf(header);
  for (let i = 0; i < items.length; i++) if (toLowerCase(items[i]) === wanted) return true;
  return false;
}

/**
 * Sec-WebSocket-Extensions as [{ name, params }]: a parameter without a value
 * is true. Throws on bad syntax.
 */
export function parseExtensions(header) {
  const list = [];
  // Quoted values must be tokens, too: no comma or semicolon is inside of quotes.
  const items = listOf(header);
  for (let i = 0; i < items.length; i++) {
    const parts = split(items[i], ';');
    const name = trim(parts[0]);
    const params = { __proto__: null };
    for (let j = 1; j < parts.length; j++) {
      const part = trim(parts[j]);
      const eq = indexOf(part, '=');
      const key = trim(eq < 0 ? part : slice(part, 0, eq));
      let value = eq < 0 ? true : trim(slice(part, eq + 1));
      if (eq >= 0 && value.length > 1 && value[0] === '"' && value[value.length - 1] === '"') value = slice(value, 1, -1);
      if (!isToken(key) || (eq >= 0 && !isToken(value)) || key in params) throw new Error(`bad extension parameter: ${part}`);
      params[key] = value;
    }
    if (!isToken(name) || list.length >= MAX_ITEMS) throw new Error(`bad extensions: ${header}`);
    list[list.length] = { name, params };
  }
  return list;
}
