/**
 * The URL class: https://url.spec.whatwg.org/#url-class
 */

import { finishInterface, requireArguments, toUSVString } from 'wqjs:internal/globals/idl';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import { regexpExec, slice, toWellFormed } from 'wqjs:internal/globals/primordials';
import { paramsOf, setQuery } from 'wqjs:internal/globals/searchparams';
import * as set from 'wqjs:internal/globals/urlsetters';
import { defaultPort, parseURL, serializeHost, serializeURL } from 'wqjs:internal/globals/urlparse';

// URLs that are their own serialisation: a lower-case name that is no number,
// or an IPv4 address, and nothing to be encoded.
const PLAIN =
  /^(https?|wss?):\/\/((?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})(?::([1-9]\d{0,4}))?(\/[!$-;=@-Z[\]_a-z|~]*)?(\?[!$-&(-;=?-~]*)?(#[!#-;=?-_a-~]*)?$/;
const DOT_SEGMENT = /\/(?:\.|%2[eE])/;
const BAD_QUAD = /(?:^|\.)(?:0\d|[3-9]\d\d|2[6-9]\d|25[6-9])/;
// Matching takes stack in proportion to the length.
const MAX_PLAIN = 2048;

// The record of a plain URL, or null when the parser has to look at it.
function parsePlain(input) {
  if (input.length > MAX_PLAIN) return null;
  const match = regexpExec(PLAIN, input);
  if (match === null) return null;
  const scheme = match[1];
  const host = match[2];
  const path = match[4];
  if (host[0] <= '9' && regexpExec(BAD_QUAD, host) !== null) return null;
  if (path !== undefined && regexpExec(DOT_SEGMENT, path) !== null) return null;
  const port = match[3] === undefined ? null : +match[3];
  if (port !== null && (port > 65535 || port === defaultPort(scheme))) return null;
  return {
    scheme,
    username: '',
    password: '',
    host,
    port,
    path: path ?? '/',
    opaque: false,
    query: match[5] === undefined ? null : slice(match[5], 1),
    fragment: match[6] === undefined ? null : slice(match[6], 1),
  };
}

function parse(input, base) {
  return (base === null ? parsePlain(input) : null) ?? parseURL(toWellFormed(input), base);
}

// A server resolves each request against the same base.
let lastBase;
let lastBaseRecord;

function parseBase(base) {
  if (base !== lastBase) {
    lastBaseRecord = parse(base, null);
    lastBase = base;
  }
  return lastBaseRecord;
}

// The record for the constructor's arguments, or null.
function parseWithBase(input, base) {
  input = `${input}`;
  if (base === undefined) return parse(input, null);
  const record = parseBase(`${base}`);
  return record === null ? null : parse(input, record);
}

function invalid(input) {
  const error = new TypeError('Invalid URL');
  error.code = 'ERR_INVALID_URL';
  error.input = toUSVString(input);
  return error;
}

function originOf(url) {
  switch (url.scheme) {
    case 'http':
    case 'https':
    case 'ws':
    case 'wss':
    case 'ftp':
      return `${url.scheme}://${serializeHost(url)}`;
    case 'blob': {
      const inner = parse(url.path, null);
      return inner?.scheme === 'http' || inner?.scheme === 'https' ? originOf(inner) : 'null';
    }
  }
  return 'null';
}

const SHOWN = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'searchParams',
  'hash',
];

export class URL {
  #url;
  #href = null;
  #params = null;

  constructor(input, base = undefined) {
    const record = parseWithBase(input, base);
    if (record === null) throw invalid(input);
    this.#url = record;
  }

  static canParse(input, base = undefined) {
    requireArguments('URL.canParse', arguments.length, 1);
    return parseWithBase(input, base) !== null;
  }

  static parse(input, base = undefined) {
    requireArguments('URL.parse', arguments.length, 1);
    const record = parseWithBase(input, base);
    if (record === null) return null;
    const url = new URL('about:blank');
    url.#url = record;
    return url;
  }

  // The parameters follow the query unless the change came from them.
  #setQuery(query) {
    this.#url.query = query;
    this.#href = null;
    if (this.#params !== null) setQuery(this.#params, query);
  }

  get href() {
    return (this.#href ??= serializeURL(this.#url));
  }

  set href(value) {
    const record = parse(`${value}`, null);
    if (record === null) throw invalid(value);
    this.#url = record;
    this.#setQuery(record.query);
  }

  get origin() {
    return originOf(this.#url);
  }

  get protocol() {
    return `${this.#url.scheme}:`;
  }

  set protocol(value) {
    set.protocol(this.#url, toUSVString(value));
    this.#href = null;
  }

  get username() {
    return this.#url.username;
  }

  set username(value) {
    set.username(this.#url, toUSVString(value));
    this.#href = null;
  }

  get password() {
    return this.#url.password;
  }

  set password(value) {
    set.password(this.#url, toUSVString(value));
    this.#href = null;
  }

  get host() {
    return this.#url.host === null ? '' : serializeHost(this.#url);
  }

  set host(value) {
    set.host(this.#url, toUSVString(value), true);
    this.#href = null;
  }

  get hostname() {
    return this.#url.host ?? '';
  }

  set hostname(value) {
    set.host(this.#url, toUSVString(value), false);
    this.#href = null;
  }

  get port() {
    return this.#url.port === null ? '' : `${this.#url.port}`;
  }

  set port(value) {
    set.port(this.#url, toUSVString(value));
    this.#href = null;
  }

  get pathname() {
    return this.#url.path;
  }

  set pathname(value) {
    set.pathname(this.#url, toUSVString(value));
    this.#href = null;
  }

  get search() {
    const { query } = this.#url;
    return query === null || query === '' ? '' : `?${query}`;
  }

  set search(value) {
    this.#setQuery(set.parseSearch(this.#url, toUSVString(value)));
  }

  get searchParams() {
    return (this.#params ??= paramsOf(this.#url.query, (query) => {
      this.#url.query = query === '' ? null : query;
      this.#href = null;
    }));
  }

  get hash() {
    const { fragment } = this.#url;
    return fragment === null || fragment === '' ? '' : `#${fragment}`;
  }

  set hash(value) {
    set.hash(this.#url, toUSVString(value));
    this.#href = null;
  }

  toString() {
    return this.href;
  }

  toJSON() {
    return this.href;
  }

  [customInspect](depth, options, inspect) {
    if (depth < 0) return '[URL]';
    const parts = {};
    for (let i = 0; i < SHOWN.length; i++) parts[SHOWN[i]] = this[SHOWN[i]];
    return `URL ${inspect(parts, options)}`;
  }
}

finishInterface(URL, 'URL');
