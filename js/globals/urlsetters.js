/**
 * The setters of URL: the parser started in the middle, "with a state
 * override" (https://url.spec.whatwg.org/#api). Each changes the record in
 * place or leaves it alone when the value is wrong.
 */

import { parseHost } from 'wqjs:internal/globals/host';
import { percentEncode, USERINFO } from 'wqjs:internal/globals/percent';
import { regexpExec, slice } from 'wqjs:internal/globals/primordials';
import {
  appendPath,
  defaultPort,
  encodeFragment,
  encodeQuery,
  findPortColon,
  isSpecial,
  leadingScheme,
  parseFileHost,
  parsePort,
  removeTabsAndNewlines,
} from 'wqjs:internal/globals/urlparse';

const NOT_DIGIT = /[^0-9]/;
const SPECIAL_END = /[/?#\\]/;
const OTHER_END = /[/?#]/;

function cannotHaveCredentials(url) {
  return url.host === null || url.host === '' || url.scheme === 'file';
}

export function protocol(url, value) {
  const scheme = leadingScheme(`${removeTabsAndNewlines(value)}:`);
  if (scheme === '') return;
  if (isSpecial(scheme) !== isSpecial(url.scheme)) return;
  if (scheme === 'file' && (url.username !== '' || url.password !== '' || url.port !== null)) return;
  if (url.scheme === 'file' && url.host === '') return;
  url.scheme = scheme;
  if (url.port === defaultPort(scheme)) url.port = null;
}

export function username(url, value) {
  if (!cannotHaveCredentials(url)) url.username = percentEncode(value, USERINFO);
}

export function password(url, value) {
  if (!cannotHaveCredentials(url)) url.password = percentEncode(value, USERINFO);
}

/** Sets the host, and the port that follows it when `withPort`. */
export function host(url, value, withPort) {
  if (url.opaque) return;
  const special = isSpecial(url.scheme);
  let text = removeTabsAndNewlines(value);
  const end = regexpExec(special ? SPECIAL_END : OTHER_END, text);
  if (end !== null) text = slice(text, 0, end.index);
  if (url.scheme === 'file') {
    const name = parseFileHost(text);
    if (name !== null) url.host = name;
    return;
  }
  const colon = findPortColon(text);
  const name = colon === -1 ? text : slice(text, 0, colon);
  if (colon !== -1 && (name === '' || !withPort)) return;
  if (name === '') {
    if (special || url.username !== '' || url.password !== '' || url.port !== null) return;
    url.host = '';
    return;
  }
  const parsed = parseHost(name, special);
  if (parsed === null) return;
  url.host = parsed;
  if (colon !== -1) setPort(url, slice(text, colon + 1));
}

// Takes the digits that the text starts with.
function setPort(url, text) {
  const end = regexpExec(NOT_DIGIT, text);
  if (end !== null) text = slice(text, 0, end.index);
  if (text === '') return;
  const parsed = parsePort(text, url.scheme);
  if (parsed !== undefined) url.port = parsed;
}

export function port(url, value) {
  if (cannotHaveCredentials(url)) return;
  if (value === '') url.port = null;
  else setPort(url, removeTabsAndNewlines(value));
}

export function pathname(url, value) {
  if (url.opaque) return;
  const text = removeTabsAndNewlines(value);
  const special = isSpecial(url.scheme);
  if (text === '' && !special) {
    url.path = url.host === null ? '/' : '';
    return;
  }
  const hasSlash = text[0] === '/' || (special && text[0] === '\\');
  url.path = appendPath('', hasSlash ? slice(text, 1) : text, url.scheme);
}

/** The query for a value of `search`; the caller sets it. */
export function parseSearch(url, value) {
  if (value === '') return null;
  return encodeQuery(removeTabsAndNewlines(value[0] === '?' ? slice(value, 1) : value), url.scheme);
}

export function hash(url, value) {
  if (value === '') url.fragment = null;
  else url.fragment = encodeFragment(removeTabsAndNewlines(value[0] === '#' ? slice(value, 1) : value));
}
