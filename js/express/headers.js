/** Small helpers for single headers. */

import { arrayIndexOf, isArray, regexpExec, split, toLowerCase, trim } from 'wqjs:internal/globals/primordials';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function listOf(text) {
  const list = split(text, ',');
  for (let i = 0; i < list.length; i++) list[i] = trim(list[i]);
  return list;
}

/** The value of a Vary header with the fields added. */
export function vary(current, fields) {
  const list = isArray(fields) ? fields : listOf(`${fields}`);
  for (let i = 0; i < list.length; i++) {
    if (regexpExec(TOKEN, list[i]) === null) throw new TypeError('field argument contains an invalid header name');
  }
  if (current === '*' || arrayIndexOf(list, '*') >= 0) return '*';
  const have = listOf(toLowerCase(current ?? ''));
  let out = current ?? '';
  for (let i = 0; i < list.length; i++) {
    const name = toLowerCase(list[i]);
    if (arrayIndexOf(have, name) >= 0) continue;
    have[have.length] = name;
    out = out === '' ? list[i] : `${out}, ${list[i]}`;
  }
  return out;
}

const quote = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;
const encodeExtended = (text) =>
  encodeURIComponent(text.toWellFormed()).replace(/[*'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** A Content-Disposition header (RFC 6266): the name in ASCII, and in UTF-8 when it needs it. */
export function disposition(type, filename) {
  if (filename === undefined) return type;
  const name = String(filename).replace(/^.*\//s, '');
  const plain = name.replace(/[^\x20-\x7e]/g, '?');
  const simple = `${type}; filename=${/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(plain) ? plain : quote(plain)}`;
  const needsMore = plain !== name || /%[0-9a-fA-F]{2}/.test(name);
  return needsMore ? `${simple}; filename*=UTF-8''${encodeExtended(name)}` : simple;
}

const ENTITIES = { '"': '&quot;', '&': '&amp;', "'": '&#39;', '<': '&lt;', '>': '&gt;' };

/** Text for HTML. */
export function escapeHtml(text) {
  return String(text).replace(/["&'<>]/g, (c) => ENTITIES[c]);
}

/** A URL with what may not stand in a header percent-encoded; escapes stay. */
export function encodeUrl(url) {
  return String(url)
    .toWellFormed()
    .replace(/[^\x21\x23-\x3b\x3d\x3f-\x5f\x61-\x7a\x7c\x7e]+/g, encodeURI)
    .replace(/%(?![0-9a-fA-F]{2})/g, '%25');
}

/** JSON text with the settings "json replacer", "json spaces" and "json escape". */
export function stringify(value, replacer, spaces, escape) {
  const json = replacer || spaces ? JSON.stringify(value, replacer, spaces) : JSON.stringify(value);
  if (!escape || typeof json !== 'string') return json;
  return json.replace(/[<>&]/g, (c) => (c === '<' ? '\\u003c' : c === '>' ? '\\u003e' : '\\u0026'));
}

/** The bytes of "100kb", "1.5mb" or a number. */
export function parseBytes(size, fallback) {
  if (size === undefined || size === null) return fallback;
  if (typeof size === 'number' && size >= 0) return size;
  const match = /^\s*(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)?\s*$/i.exec(size);
  if (match === null) throw new TypeError(`a size is a number of bytes or text like "100kb", not ${size}`);
  const power = { b: 0, kb: 1, mb: 2, gb: 3 }[(match[2] ?? 'b').toLowerCase()];
  return Math.floor(Number(match[1]) * 1024 ** power);
}

const UNITS = { ms: 1, s: 1000, m: 60e3, h: 3600e3, d: 86400e3, w: 604800e3, y: 31557600e3 };

/** The milliseconds of "1d", "2 hours" or a number. */
export function parseTime(time, fallback) {
  if (time === undefined || time === null) return fallback;
  if (typeof time === 'number' && time >= 0) return time;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(time);
  const word = (match?.[2] ?? '').toLowerCase();
  const unit = word === '' || word.startsWith('mil') ? 'ms' : word === 'ms' ? 'ms' : word[0];
  if (match === null || UNITS[unit] === undefined) throw new TypeError(`a time is a number of milliseconds or text like "1d", not ${time}`);
  return Number(match[1]) * UNITS[unit];
}
