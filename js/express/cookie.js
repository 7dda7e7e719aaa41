/** Cookies: RFC 6265 as browsers use it, with signatures like cookie-signature's. */

import { digest } from 'wqjs:internal/native';
import {
  charCodeAt, encodeURIComponent, lastIndexOf, max, objectKeys, regexpExec, slice, startsWith, toBase64,
} from 'wqjs:internal/globals/primordials';

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // token, RFC 9110
const VALUE = /^("?)[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*\1$/;
const DOMAIN = /^[.]?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:[.][a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const PATH = /^[\x20-\x3a\x3d-\x7e]*$/;

// Blanks and tabs only: a cookie may hold any other white space.
function trim(text, start, end) {
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start++;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end--;
  return text.slice(start, end);
}

function decodeValue(text) {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The cookies of a Cookie header: the first of each name, decoded. */
export function parseCookies(header, decode = decodeValue) {
  const out = Object.create(null);
  for (let at = 0; at < header.length;) {
    let end = header.indexOf(';', at);
    if (end < 0) end = header.length;
    const eq = header.indexOf('=', at);
    if (eq >= 0 && eq < end) {
      const name = trim(header, at, eq);
      if (out[name] === undefined) {
        let value = trim(header, eq + 1, end);
        if (value.length > 1 && value[0] === '"' && value[value.length - 1] === '"') value = value.slice(1, -1);
        out[name] = decode(value);
      }
    }
    at = end + 1;
  }
  return out;
}

function check(pattern, text, option) {
  if (regexpExec(pattern, text) === null) throw new TypeError(`option ${option} is invalid: ${text}`);
  return text;
}

function oneOf(value, option, words) {
  const word = String(value).toLowerCase();
  if (!words.includes(word)) throw new TypeError(`option ${option} is invalid: ${value}`);
  return word[0].toUpperCase() + word.slice(1);
}

/** A Set-Cookie header's value. maxAge is in seconds here, as in the header. */
export function serializeCookie(name, value, options = {}) {
  const encode = options.encode ?? encodeURIComponent;
  if (regexpExec(NAME, name) === null) throw new TypeError(`argument name is invalid: ${name}`);
  const text = encode(value);
  if (regexpExec(VALUE, text) === null) throw new TypeError(`argument val is invalid: ${value}`);
  let out = `${name}=${text}`;
  if (options.maxAge !== undefined && options.maxAge !== null) {
    if (!Number.isInteger(options.maxAge)) throw new TypeError(`option maxAge is invalid: ${options.maxAge}`);
    out += `; Max-Age=${options.maxAge}`;
  }
  if (options.domain) out += `; Domain=${check(DOMAIN, options.domain, 'domain')}`;
  if (options.path) out += `; Path=${check(PATH, options.path, 'path')}`;
  if (options.expires) {
    const { expires } = options;
    if (!(expires instanceof Date) || Number.isNaN(expires.getTime())) throw new TypeError(`option expires is invalid: ${expires}`);
    out += `; Expires=${expires.toUTCString()}`;
  }
  if (options.httpOnly) out += '; HttpOnly';
  if (options.secure) out += '; Secure';
  if (options.partitioned) out += '; Partitioned';
  if (options.priority) out += `; Priority=${oneOf(options.priority, 'priority', ['low', 'medium', 'high'])}`;
  if (options.sameSite) {
    const site = options.sameSite === true ? 'strict' : options.sameSite;
    out += `; SameSite=${oneOf(site, 'sameSite', ['strict', 'lax', 'none'])}`;
  }
  return out;
}

/** value + "." + its HMAC-SHA256 in base64 without padding. */
export function sign(value, secret) {
  if (typeof value !== 'string') throw new TypeError('a cookie that is signed must be a string');
  if (typeof secret !== 'string' || secret === '') throw new TypeError('a secret must be a string that is not empty');
  const mac = toBase64(digest('sha256', value, secret), { __proto__: null, omitPadding: true });
  return `${value}.${mac}`;
}

// Compares all characters whatever they are.
function isSame(a, b) {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= charCodeAt(a, i) ^ charCodeAt(b, i);
  return difference === 0;
}

/** The value when one of the secrets signed it, else false. */
export function unsign(signed, secrets) {
  const value = slice(signed, 0, max(0, lastIndexOf(signed, '.')));
  for (let i = 0; i < secrets.length; i++) if (isSame(sign(value, secrets[i]), signed)) return value;
  return false;
}

// "j:" marks JSON.
function readJSON(text) {
  if (typeof text !== 'string' || !text.startsWith('j:')) return text;
  try {
    return JSON.parse(text.slice(2));
  } catch {
    return text;
  }
}

/**
 * Sorts cookies into plain and signed ones: those with the mark "s:". A signed
 * one with a wrong signature has the value false.
 */
export function readCookies(header, secrets) {
  const cookies = parseCookies(header);
  const signed = Object.create(null);
  const names = objectKeys(cookies);
  for (let i = 0; i < names.length; i++) {
    const name = names[i];
    const value = cookies[name];
    if (secrets.length > 0 && startsWith(value, 's:')) {
      signed[name] = readJSON(unsign(slice(value, 2), secrets));
      delete cookies[name];
    } else cookies[name] = readJSON(value);
  }
  return { cookies, signed };
}

/**
 * Middleware for secrets other than the setting "cookie secret". req.cookies
 * and req.signedCookies are there without it.
 */
export function cookieParser(secret) {
  return function parseCookiesWith(req, res, next) {
    if (secret !== undefined) req.secret = secret;
    next();
  };
}
