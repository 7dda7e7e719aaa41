/** What requests of an application inherit: Express' properties over those of wqjs:http. */

import { IncomingMessage } from 'wqjs:http';
import { indexOf, isArray, parseInt, slice, trim } from 'wqjs:internal/globals/primordials';
import { isFresh, parseRange } from 'wqjs:internal/express/conditional';
import { readCookies } from 'wqjs:internal/express/cookie';
import { normalizeType } from 'wqjs:internal/express/mime';
import { best, mediaType, preferred } from 'wqjs:internal/express/negotiate';
import { addressesOf, parseAddress } from 'wqjs:internal/express/trust';
import { pathOf } from 'wqjs:internal/express/url';
import { installRouting } from 'wqjs:internal/http-native';
import { readParts } from 'wqjs:internal/multipart';
import { nextOf } from 'wqjs:internal/express/router';

export const request = Object.create(IncomingMessage.prototype);
installRouting(request); // params, route, originalUrl

/** Whether a request has a body, be it empty. */
export function hasBody(req) {
  return req.getHeader('transfer-encoding') !== undefined || parseInt(req.getHeader('content-length'), 10) >= 0;
}

/**
 * Whether a media type is one of the types: "json", "text/*", "+json",
 * "multipart". Gives the first that is, or false.
 */
export function matchTypes(actual, types) {
  if (actual === '') return false;
  for (const type of types) {
    let wanted = type;
    if (type === 'urlencoded') wanted = 'application/x-www-form-urlencoded';
    else if (type === 'multipart') wanted = 'multipart/*';
    else if (type[0] === '+') wanted = `*/*${type}`;
    else if (!type.includes('/')) wanted = normalizeType(type);
    wanted = mediaType(wanted);
    const [a, b] = actual.split('/');
    const [x, y] = wanted.split('/');
    const isSubtype = y === '*' || y === b || (y.startsWith('*+') && (b ?? '').endsWith(y.slice(1)));
    if ((x === '*' || x === a) && isSubtype) return type[0] === '+' || type.includes('*') ? actual : type;
  }
  return false;
}

// The first of a list in a header.
function firstOf(value) {
  if (!value) return '';
  const comma = indexOf(value, ',');
  return trim(comma < 0 ? value : slice(value, 0, comma));
}

function offersOf(list) {
  const offers = list.flat();
  return offers.length === 0 ? undefined : offers;
}

function accepted(req, name, list) {
  const offers = offersOf(list);
  const header = req.getHeader(name === 'type' ? 'accept' : `accept-${name}`);
  return offers === undefined ? preferred(name, header) : best(name, header, offers);
}

const base = IncomingMessage.prototype;

async function* replay(req) {
  const raw = req._raw;
  req._raw = null;
  if (raw !== null) yield raw;
}

const methods = {
  // The body again, after it was read for the handlers of a route.
  read() {
    const raw = this._raw;
    if (raw === undefined) {
      this._isRead = true;
      return base.read.call(this);
    }
    this._raw = null;
    return Promise.resolve(raw);
  },

  bytes(options = {}) {
    const raw = this._raw;
    if (!raw) {
      this._isRead = true;
      return base.bytes.call(this, options);
    }
    this._raw = null;
    return Promise.resolve(raw);
  },

  async text(options) {
    return new TextDecoder().decode(await this.bytes(options));
  },

  async json(options) {
    return JSON.parse(await this.text(options));
  },

  [Symbol.asyncIterator]() {
    if (this._raw !== undefined) return replay(this);
    this._isRead = true;
    return base[Symbol.asyncIterator].call(this);
  },

  /** The parts of a multipart body, as they come: see internal/multipart.js. */
  parts(options) {
    return readParts(this, this.getHeader('content-type'), options);
  },

  /** A header; "Referer" and "Referrer" are one. */
  get(name) {
    if (!name) throw new TypeError('name argument is required to req.get');
    if (typeof name !== 'string') throw new TypeError('name must be a string to req.get');
    const lower = name.toLowerCase();
    if (lower === 'referer' || lower === 'referrer') return this.getHeader('referrer') ?? this.getHeader('referer');
    return this.getHeader(lower);
  },

  header(name) {
    return this.get(name);
  },

  /** The best of the types for the client, as it was written, or false; without any, all that it accepts. */
  accepts(...types) {
    const offers = offersOf(types);
    const header = this.getHeader('accept');
    if (offers === undefined) return preferred('type', header);
    if (!header) return offers[0];
    const full = offers.map((type) => (type.includes('/') ? type : normalizeType(type)));
    const found = best('type', header, full);
    return found === false ? false : offers[full.indexOf(found)];
  },

  acceptsEncodings(...encodings) {
    return accepted(this, 'encoding', encodings);
  },

  acceptsCharsets(...charsets) {
    return accepted(this, 'charset', charsets);
  },

  acceptsLanguages(...languages) {
    return accepted(this, 'language', languages);
  },

  /** The ranges of the Range header for a size: see parseRange; undefined without the header. */
  range(size, options) {
    const header = this.getHeader('range');
    return header === undefined ? undefined : parseRange(size, header, options);
  },

  /** Which of the types the body has; false for none, null without a body. */
  is(...types) {
    if (!hasBody(this)) return null;
    const list = types.flat();
    const actual = mediaType(this.getHeader('content-type'));
    if (list.length === 0) return actual === '' ? false : actual;
    return matchTypes(actual, list);
  },
};

function trusts(req) {
  return req.app.get('trust proxy fn')(req.remoteAddress, 0);
}

function forwarded(req, name) {
  const value = req.getHeader(name);
  return value !== undefined && trusts(req) ? firstOf(value) : '';
}

function secretsOf(req) {
  const secret = req._secret ?? req.app?.get('cookie secret');
  return secret === undefined || secret === null ? [] : isArray(secret) ? secret : [secret];
}

function cookiesOf(req) {
  return (req._cookies ??= readCookies(req.getHeader('cookie') ?? '', secretsOf(req)));
}

// Accessors; those with a setter keep what is assigned.
const getters = {
  app() {
    return this._app;
  },
  next() {
    return nextOf(this);
  },
  query: {
    get() {
      const { url } = this;
      if (this._query === undefined || (this._queryUrl !== url && this._queryUrl !== null)) {
        const at = url.indexOf('?');
        const hash = url.indexOf('#', at);
        this._query = this.app.get('query parser fn')(at < 0 ? '' : url.slice(at + 1, hash < 0 ? url.length : hash));
        this._queryUrl = url;
      }
      return this._query;
    },
    set(value) {
      this._query = value;
      this._queryUrl = null; // from now on this is it
    },
  },
  /** What a body parser made; undefined before. */
  body: {
    get() {
      return this._body;
    },
    set(value) {
      this._body = value;
    },
  },
  path() {
    return pathOf(this) ?? '';
  },
  cookies: {
    get() {
      return cookiesOf(this).cookies;
    },
    set(value) {
      cookiesOf(this).cookies = value;
    },
  },
  signedCookies: {
    get() {
      return cookiesOf(this).signed;
    },
    set(value) {
      cookiesOf(this).signed = value;
    },
  },
  /** The first of the secrets that sign cookies. */
  secret: {
    get() {
      return secretsOf(this)[0];
    },
    set(value) {
      this._secret = value;
      this._cookies = undefined;
    },
  },
  protocol() {
    const own = this.encrypted === true ? 'https' : 'http';
    return forwarded(this, 'x-forwarded-proto') || own;
  },
  secure() {
    return this.protocol === 'https';
  },
  ip() {
    const all = this.ips0;
    return all[all.length - 1];
  },
  ips() {
    const all = this.ips0;
    const out = [];
    for (let i = all.length - 1; i > 0; i--) out[out.length] = all[i];
    return out;
  },
  // All addresses, the nearest first.
  ips0() {
    return addressesOf(this.remoteAddress, this.getHeader('x-forwarded-for'), this.app.get('trust proxy fn'));
  },
  host() {
    return forwarded(this, 'x-forwarded-host') || this.getHeader('host') || undefined;
  },
  hostname() {
    const { host } = this;
    if (host === undefined) return undefined;
    // An IPv6 address stands in brackets.
    const colon = indexOf(host, ':', host[0] === '[' ? indexOf(host, ']') + 1 : 0);
    return colon < 0 ? host : slice(host, 0, colon);
  },
  subdomains() {
    const { hostname } = this;
    if (!hostname) return [];
    if (hostname[0] === '[' || parseAddress(hostname) !== null) return [hostname].slice(this.app.get('subdomain offset'));
    return hostname.split('.').reverse().slice(this.app.get('subdomain offset'));
  },
  xhr() {
    return (this.getHeader('x-requested-with') ?? '').toLowerCase() === 'xmlhttprequest';
  },
  /** Whether the client holds what the response says it would get: 304 will do. */
  fresh() {
    const { method, res } = this;
    if (method !== 'GET' && method !== 'HEAD') return false;
    const status = res.statusCode;
    if ((status < 200 || status >= 300) && status !== 304) return false;
    return isFresh(conditions(this), { etag: res.getHeader('etag'), lastModified: res.getHeader('last-modified') });
  },
  stale() {
    return !this.fresh;
  },
  /** The connection, as far as there is something to say of it. */
  socket() {
    return {
      remoteAddress: this.remoteAddress,
      remotePort: this.remotePort,
      localAddress: this.localAddress,
      localPort: this.localPort,
      encrypted: this.encrypted === true,
    };
  },
  connection() {
    return this.socket;
  },
  /** The peer, as the native C module's framework names it. */
  clientInfo() {
    return { address: this.remoteAddress, port: this.remotePort };
  },
};

/** The headers that conditional requests are made of. */
export function conditions(req) {
  const out = {};
  for (const name of ['if-none-match', 'if-modified-since', 'cache-control', 'if-match', 'if-unmodified-since', 'if-range']) {
    const value = req.getHeader(name);
    if (value !== undefined) out[name] = value;
  }
  return out;
}

for (const name of Reflect.ownKeys(methods)) {
  Object.defineProperty(request, name, { value: methods[name], writable: true, configurable: true, enumerable: false });
}
for (const name of Object.keys(getters)) {
  const entry = getters[name];
  const { get, set } = typeof entry === 'function' ? { get: entry } : entry;
  // Assigning to one without a setter makes it a plain property of that request.
  const own = function (value) {
    Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
  };
  Object.defineProperty(request, name, { get, set: set ?? own, configurable: true, enumerable: true });
}
Object.assign(request, { baseUrl: '' });
