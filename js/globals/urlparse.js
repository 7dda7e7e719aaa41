/**
 * The URL parser: https://url.spec.whatwg.org/#url-parsing
 *
 * A URL record is { scheme, username, password, host, port, path, opaque,
 * query, fragment }. `path` is the serialised path: '' for an empty list,
 * otherwise '/' before each segment; with `opaque` it is the opaque path.
 * `host`, `port`, `query` and `fragment` are null when absent.
 *
 * The standard describes a state machine over code points. As '#' and '?' end
 * every other component, this parser cuts the input at those first and then
 * handles the pieces with whole-string operations, which an interpreter runs
 * many times faster.
 */

import { parseHost } from 'wqjs:internal/globals/host';
import {
  C0_CONTROL,
  FRAGMENT,
  PATH,
  percentEncode,
  QUERY,
  SPECIAL_QUERY,
  USERINFO,
} from 'wqjs:internal/globals/percent';
import {
  charCodeAt,
  endsWith,
  includes,
  indexOf,
  lastIndexOf,
  regexpExec,
  replaceAll,
  slice,
  startsWith,
  toLowerCase,
} from 'wqjs:internal/globals/primordials';

const DEFAULT_PORTS = { __proto__: null, 'ftp': 21, 'file': null, 'http': 80, 'https': 443, 'ws': 80, 'wss': 443 };

export function isSpecial(scheme) {
  return DEFAULT_PORTS[scheme] !== undefined;
}

export function defaultPort(scheme) {
  return DEFAULT_PORTS[scheme] ?? null;
}

// Patterns here search for the first wrong character: one that matches all of
// a long text takes memory in proportion.
const NOT_SCHEME = /^[^a-zA-Z]|[^a-zA-Z0-9+.-]/;
const NOT_DIGIT = /[^0-9]/;
const TAB_OR_NEWLINE = /[\t\n\r]/;
const DRIVE_LETTER = /^[a-zA-Z][:|]$/;
const STARTS_WITH_DRIVE = /^[a-zA-Z][:|](?:[/\\]|$)/;
const NORMALIZED_DRIVE = /^\/[a-zA-Z]:(?:\/|$)/;
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2[eE])(?:\.|%2[eE])?(?:\/|$)/;

export function removeTabsAndNewlines(text) {
  if (regexpExec(TAB_OR_NEWLINE, text) === null) return text;
  return replaceAll(replaceAll(replaceAll(text, '\t', ''), '\n', ''), '\r', '');
}

// Without leading and trailing C0 control or space.
function trim(text) {
  let from = 0;
  let to = text.length;
  while (from < to && charCodeAt(text, from) <= 0x20) from++;
  while (from < to && charCodeAt(text, to - 1) <= 0x20) to--;
  return slice(text, from, to);
}

function isSlash(c, special) {
  return c === '/' || (special && c === '\\');
}

// The index of the first slash at or after `from`, or the length.
function findSlash(text, from, special) {
  const slash = indexOf(text, '/', from);
  const end = slash === -1 ? text.length : slash;
  if (!special) return end;
  const backslash = indexOf(text, '\\', from);
  return backslash !== -1 && backslash < end ? backslash : end;
}

function shorten(path, scheme) {
  if (scheme === 'file' && path.length === 3 && regexpExec(NORMALIZED_DRIVE, path) !== null) return path;
  const slash = lastIndexOf(path, '/');
  return slash === -1 ? path : slice(path, 0, slash);
}

// 0 for an ordinary segment, 1 for "." and 2 for ".." in any spelling.
function dots(segment) {
  if (segment.length > 6) return 0;
  const plain = replaceAll(toLowerCase(segment), '%2e', '.');
  return plain === '.' ? 1 : plain === '..' ? 2 : 0;
}

/** Appends the segments of `text`, which starts after a slash, to a path. */
export function appendPath(path, text, scheme) {
  text = percentEncode(text, PATH);
  if (isSpecial(scheme) && includes(text, '\\')) text = replaceAll(text, '\\', '/');
  const isFile = scheme === 'file';
  if (!isFile && regexpExec(DOT_SEGMENT, text) === null) return `${path}/${text}`;
  let from = 0;
  for (;;) {
    const end = findSlash(text, from, false);
    const isLast = end === text.length;
    let segment = slice(text, from, end);
    const n = dots(segment);
    if (n === 2) path = shorten(path, scheme);
    if (n !== 0) {
      if (isLast) path += '/';
    } else {
      if (isFile && path === '' && regexpExec(DRIVE_LETTER, segment) !== null) segment = `${segment[0]}:`;
      path += `/${segment}`;
    }
    if (isLast) return path;
    from = end + 1;
  }
}

/** The scheme in lower case that ends at the first colon, or ''. */
export function leadingScheme(text) {
  const colon = indexOf(text, ':');
  if (colon <= 0) return '';
  const scheme = slice(text, 0, colon);
  return regexpExec(NOT_SCHEME, scheme) === null ? toLowerCase(scheme) : '';
}

/** The port of a URL with this scheme, null for the default one; undefined when wrong. */
export function parsePort(text, scheme) {
  if (text === '') return null;
  if (regexpExec(NOT_DIGIT, text) !== null) return undefined;
  const port = +text;
  if (port > 65535) return undefined;
  return port === defaultPort(scheme) ? null : port;
}

/** The index of the colon before the port, or -1; those in brackets do not count. */
export function findPortColon(text) {
  if (!includes(text, '[')) return indexOf(text, ':');
  let inBrackets = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '[') inBrackets = true;
    else if (c === ']') inBrackets = false;
    else if (c === ':' && !inBrackets) return i;
  }
  return -1;
}

// Sets credentials, host and port from the text between "//" and the path.
function parseAuthority(url, text, special) {
  const at = lastIndexOf(text, '@');
  if (at !== -1) {
    const colon = indexOf(text, ':');
    const nameEnd = colon !== -1 && colon < at ? colon : at;
    url.username = percentEncode(slice(text, 0, nameEnd), USERINFO);
    if (nameEnd < at) url.password = percentEncode(slice(text, nameEnd + 1, at), USERINFO);
    text = slice(text, at + 1);
    if (text === '') return false;
  }
  const colon = findPortColon(text);
  const name = colon === -1 ? text : slice(text, 0, colon);
  if (name === '' && (special || colon !== -1)) return false;
  const host = name === '' ? '' : parseHost(name, special);
  if (host === null) return false;
  url.host = host;
  if (colon === -1) return true;
  const port = parsePort(slice(text, colon + 1), url.scheme);
  if (port === undefined) return false;
  url.port = port;
  return true;
}

// Everything after the slashes that introduce an authority.
function parseAuthorityAndPath(url, text, special) {
  const end = findSlash(text, 0, special);
  if (!parseAuthority(url, slice(text, 0, end), special)) return false;
  if (special || end < text.length) url.path = appendPath('', slice(text, end + 1), url.scheme);
  return true;
}

function skipSlashes(text) {
  let i = 0;
  while (isSlash(text[i], true)) i++;
  return slice(text, i);
}

function parseRelative(url, text, base, special, hasQuery) {
  url.scheme = base.scheme;
  if (isSlash(text[0], special)) {
    if (isSlash(text[1], special)) {
      return parseAuthorityAndPath(url, special ? skipSlashes(text) : slice(text, 2), special);
    }
    url.path = appendPath('', slice(text, 1), url.scheme);
  } else if (text !== '') url.path = appendPath(shorten(base.path, base.scheme), text, url.scheme);
  else {
    url.path = base.path;
    if (!hasQuery) url.query = base.query;
  }
  url.username = base.username;
  url.password = base.password;
  url.host = base.host;
  url.port = base.port;
  return true;
}

/** The host of a file URL, '' for localhost; null when wrong. */
export function parseFileHost(text) {
  if (text === '') return '';
  const host = parseHost(text, true);
  return host === 'localhost' ? '' : host;
}

function parseFile(url, text, base, hasQuery) {
  url.scheme = 'file';
  url.host = '';
  if (isSlash(text[0], true)) {
    if (isSlash(text[1], true)) {
      text = slice(text, 2);
      const end = findSlash(text, 0, true);
      const name = slice(text, 0, end);
      if (regexpExec(DRIVE_LETTER, name) !== null) {
        url.path = appendPath('', text, 'file');
        return true;
      }
      url.host = parseFileHost(name);
      url.path = appendPath('', slice(text, end + 1), 'file');
      return url.host !== null;
    }
    text = slice(text, 1);
    let path = '';
    if (base !== null) {
      url.host = base.host;
      const drive = regexpExec(NORMALIZED_DRIVE, base.path);
      if (drive !== null && regexpExec(STARTS_WITH_DRIVE, text) === null) path = slice(base.path, 0, 3);
    }
    url.path = appendPath(path, text, 'file');
    return true;
  }
  let path = '';
  if (base !== null) {
    url.host = base.host;
    if (text === '') {
      url.path = base.path;
      if (!hasQuery) url.query = base.query;
      return true;
    }
    if (regexpExec(STARTS_WITH_DRIVE, text) === null) path = shorten(base.path, 'file');
  }
  url.path = appendPath(path, text, 'file');
  return true;
}

// Everything but query and fragment, which end an opaque path.
function parseRest(url, text, base, hasQuery, hasFragment) {
  const scheme = leadingScheme(text);
  if (scheme === '') {
    if (base === null) return false;
    if (base.opaque) {
      if (text !== '' || hasQuery || !hasFragment) return false;
      url.scheme = base.scheme;
      url.path = base.path;
      url.opaque = true;
      url.query = base.query;
      return true;
    }
    if (base.scheme === 'file') return parseFile(url, text, base, hasQuery);
    return parseRelative(url, text, base, isSpecial(base.scheme), hasQuery);
  }
  text = slice(text, scheme.length + 1);
  url.scheme = scheme;
  if (scheme === 'file') return parseFile(url, text, base?.scheme === 'file' ? base : null, hasQuery);
  if (isSpecial(scheme)) {
    if (base?.scheme === scheme && !startsWith(text, '//')) return parseRelative(url, text, base, true, hasQuery);
    return parseAuthorityAndPath(url, skipSlashes(text), true);
  }
  if (startsWith(text, '//')) return parseAuthorityAndPath(url, slice(text, 2), false);
  if (startsWith(text, '/')) url.path = appendPath('', slice(text, 1), scheme);
  else {
    url.opaque = true;
    url.path = percentEncode(text, C0_CONTROL);
    // A space that would be cut off when the URL is parsed again is encoded.
    if ((hasQuery || hasFragment) && endsWith(url.path, ' ')) url.path = `${slice(url.path, 0, -1)}%20`;
  }
  return true;
}

/** Parses a well-formed string against a base record or null; null for failure. */
export function parseURL(input, base) {
  let text = removeTabsAndNewlines(trim(input));
  let fragment = null;
  let query = null;
  const hash = indexOf(text, '#');
  if (hash !== -1) {
    fragment = percentEncode(slice(text, hash + 1), FRAGMENT);
    text = slice(text, 0, hash);
  }
  const mark = indexOf(text, '?');
  if (mark !== -1) {
    query = slice(text, mark + 1);
    text = slice(text, 0, mark);
  }
  const url = {
    scheme: '',
    username: '',
    password: '',
    host: null,
    port: null,
    path: '',
    opaque: false,
    query: null,
    fragment,
  };
  if (!parseRest(url, text, base, query !== null, fragment !== null)) return null;
  if (query !== null) url.query = encodeQuery(query, url.scheme);
  return url;
}

export function encodeQuery(text, scheme) {
  return percentEncode(text, isSpecial(scheme) ? SPECIAL_QUERY : QUERY);
}

export function encodeFragment(text) {
  return percentEncode(text, FRAGMENT);
}

/** "host:port" as in the serialised URL. */
export function serializeHost(url) {
  return url.port === null ? url.host : `${url.host}:${url.port}`;
}

export function serializeURL(url) {
  let out = `${url.scheme}:`;
  if (url.host !== null) {
    out += '//';
    if (url.username !== '' || url.password !== '') {
      out += url.password === '' ? `${url.username}@` : `${url.username}:${url.password}@`;
    }
    out += serializeHost(url);
  } else if (!url.opaque && startsWith(url.path, '//')) out += '/.';
  out += url.path;
  if (url.query !== null) out += `?${url.query}`;
  if (url.fragment !== null) out += `#${url.fragment}`;
  return out;
}
