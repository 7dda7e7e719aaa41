/** What responses of an application inherit: Express' methods over those of wqjs:http. */

import * as os from 'wqjs:internal/os';
import { ServerResponse } from 'wqjs:http';
import { sendWhole } from 'wqjs:internal/http-native';
import { entityTag } from 'wqjs:internal/native';
import { serializeCookie, sign } from 'wqjs:internal/express/cookie';
import { disposition, encodeUrl, escapeHtml, stringify, vary } from 'wqjs:internal/express/headers';
import { extension, normalizeType, typeOf, withCharset } from 'wqjs:internal/express/mime';
import { parameter } from 'wqjs:internal/express/negotiate';
import { sendFile } from 'wqjs:internal/express/send';
import { openEvents } from 'wqjs:internal/express/sse';
import { httpError, STATUS_CODES } from 'wqjs:internal/express/status';

export const response = Object.create(ServerResponse.prototype);

const nativeEnd = ServerResponse.prototype.end;
const HTML = 'text/html; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

// Types that sendWhole() knows.
const WHOLE_JSON = 0;
const WHOLE_HTML = 1;

// Sends a text in one native call. False when the response needs more: headers
// set before, conditions, a method that somebody replaced.
function sendsWhole(res, text, type, settings) {
  const tagOf = settings['etag fn'];
  return (tagOf === true || tagOf === null) && res.end === nativeEnd && sendWhole(res, text, type, tagOf === true);
}

// A Content-Type whose text is in UTF-8.
function inUTF8(type) {
  if (type === JSON_TYPE || type === HTML || type.endsWith('; charset=utf-8')) return type;
  if (parameter(type, 'charset') === undefined) return `${type}; charset=utf-8`;
  return type.replace(/(;\s*charset\s*=\s*)(?:"[^"]*"|[^\s;]*)/i, '$1utf-8');
}

function isFreshFor(req) {
  return (req.getHeader('if-none-match') !== undefined || req.getHeader('if-modified-since') !== undefined) && req.fresh;
}

// Sends a whole body, a string or bytes: validators, statuses without a body, HEAD.
function finish(res, body) {
  const { req } = res;
  const tagOf = res.app.settings['etag fn'];
  if (tagOf !== null && !res.hasHeader('etag')) {
    const tag = tagOf === true ? entityTag(body, true) : tagOf(body);
    if (tag) res.setHeader('ETag', tag);
  }
  if (isFreshFor(req)) res.statusCode = 304;
  const { statusCode } = res;
  if (statusCode === 204 || statusCode === 304) {
    res.removeHeader('Content-Type');
    res.removeHeader('Content-Length');
    res.removeHeader('Transfer-Encoding');
    return res.end();
  }
  if (statusCode === 205) {
    res.setHeader('Content-Length', '0');
    res.removeHeader('Transfer-Encoding');
    return res.end();
  }
  return res.end(body); // for HEAD, the engine leaves the body out
}

const methods = {
  status(code) {
    if (!Number.isInteger(code)) {
      throw new TypeError(`Invalid status code: ${JSON.stringify(code)}. Status code must be an integer.`);
    }
    if (code < 100 || code > 999) {
      throw new RangeError(`Invalid status code: ${code}. Status code must be greater than 99 and less than 1000.`);
    }
    this.statusCode = code;
    return this;
  },

  /** Sends a string (HTML unless a type was set), bytes, or anything else as JSON. */
  send(body) {
    if (typeof body === 'string') {
      if (sendsWhole(this, body, WHOLE_HTML, this.app.settings)) return this;
      const type = this.getHeader('content-type');
      this.setHeader('Content-Type', type === undefined ? HTML : inUTF8(type));
      return finish(this, body);
    }
    if (body === undefined) return isFreshFor(this.req) ? finish(this, '') : this.end();
    if (body === null) return finish(this, '');
    if (ArrayBuffer.isView(body) || body instanceof ArrayBuffer) {
      if (!this.hasHeader('content-type')) this.setHeader('Content-Type', 'application/octet-stream');
      return finish(this, body);
    }
    return this.json(body);
  },

  /** Sends JSON, with a status if one is given. */
  json(value, status) {
    if (status !== undefined) this.status(status);
    const { settings } = this.req._app;
    const text = settings['json plain']
      ? JSON.stringify(value)
      : stringify(value, settings['json replacer'], settings['json spaces'], settings['json escape']);
    const isUsual = this.send === methods.send;
    if (isUsual && text !== undefined && sendsWhole(this, text, WHOLE_JSON, settings)) return this;
    const type = this.getHeader('content-type');
    this.setHeader('Content-Type', type === undefined ? JSON_TYPE : inUTF8(type));
    return text === undefined || !isUsual ? this.send(text) : finish(this, text);
  },

  /** Sends JSON, or a script that calls the function that the query names. */
  jsonp(value) {
    const { settings } = this.app;
    let text = stringify(value, settings['json replacer'], settings['json spaces'], settings['json escape']);
    let callback = this.req.query[settings['jsonp callback name']];
    if (Array.isArray(callback)) [callback] = callback;
    if (!this.hasHeader('content-type')) {
      this.setHeader('X-Content-Type-Options', 'nosniff');
      this.setHeader('Content-Type', JSON_TYPE);
    }
    if (typeof callback !== 'string' || callback === '') return this.send(text);
    this.setHeader('X-Content-Type-Options', 'nosniff');
    this.setHeader('Content-Type', 'text/javascript; charset=utf-8');
    callback = callback.replace(/[^[\]\w$.]/g, '');
    text = text === undefined ? '' : text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
    return this.send(`/**/ typeof ${callback} === 'function' && ${callback}(${text});`);
  },

  html(text) {
    this.setHeader('Content-Type', HTML);
    return this.send(String(text));
  },

  text(text) {
    this.setHeader('Content-Type', 'text/plain; charset=utf-8');
    return this.send(String(text));
  },

  sendStatus(code) {
    this.status(code);
    return this.type('txt').send(STATUS_CODES[code] ?? String(code));
  },

  /** Sets a header, or each of an object. A Content-Type gets its charset. */
  set(name, value) {
    if (typeof name !== 'string') {
      for (const key of Object.keys(name)) this.set(key, name[key]);
      return this;
    }
    if (value === undefined) throw new TypeError(`the header ${name} needs a value`);
    let text = Array.isArray(value) ? value.map(String) : String(value);
    if (name.toLowerCase() === 'content-type') {
      if (Array.isArray(value)) throw new TypeError('Content-Type cannot be set to an Array');
      const type = text.includes('/') ? text : (typeOf(text) ?? text);
      text = parameter(type, 'charset') === undefined && !type.includes(';') ? withCharset(type) : type;
    }
    this.setHeader(name, text);
    return this;
  },

  header(name, value) {
    return this.set(name, value);
  },

  get(name) {
    return this.getHeader(name);
  },

  append(name, value) {
    const had = this.getHeader(name);
    if (had === undefined) return this.set(name, value);
    return this.set(name, [had, value].flat());
  },

  type(type) {
    const full = normalizeType(type);
    this.setHeader('Content-Type', full.includes(';') ? full : withCharset(full));
    return this;
  },

  contentType(type) {
    return this.type(type);
  },

  vary(field) {
    if (!field || (Array.isArray(field) && field.length === 0)) throw new TypeError('field argument is required');
    const value = vary([this.getHeader('vary') ?? ''].flat().join(', '), field);
    if (value !== '') this.setHeader('Vary', value);
    return this;
  },

  links(links) {
    const had = this.getHeader('link');
    const items = Object.keys(links).flatMap((rel) => [links[rel]].flat().map((url) => `<${url}>; rel="${rel}"`));
    return this.set('Link', had === undefined ? items.join(', ') : `${had}, ${items.join(', ')}`);
  },

  location(url) {
    this.setHeader('Location', encodeUrl(url));
    return this;
  },

  /** redirect([status], url), or redirect(url, permanent). */
  redirect(first, second) {
    let status = 302;
    let url = first;
    if (typeof first === 'number') [status, url] = [first, second];
    else if (second === true) status = 301;
    if (url === undefined) throw new TypeError('redirect needs a URL');
    this.status(status);
    this.location(url);
    const text = `${STATUS_CODES[status] ?? status}. Redirecting to `;
    const address = this.getHeader('location');
    let body = '';
    this.format({
      text: () => (body = text + address),
      html: () => {
        const title = escapeHtml(STATUS_CODES[status] ?? status);
        body = `<!DOCTYPE html><head><title>${title}</title></head><body><p>${escapeHtml(text + address)}</p></body>`;
      },
      default: () => (body = ''),
    });
    return this.end(body);
  },

  /** Calls the function for the type that the client prefers. */
  format(handlers) {
    const { req } = this;
    const keys = Object.keys(handlers).filter((key) => key !== 'default');
    const key = keys.length > 0 ? req.accepts(keys) : false;
    this.vary('Accept');
    if (key !== false) {
      this.setHeader('Content-Type', key.includes('/') ? key : withCharset(normalizeType(key)));
      handlers[key](req, this, req.next);
    } else if (handlers.default) handlers.default(req, this, req.next);
    else {
      const types = keys.map((name) => (name.includes('/') ? name : normalizeType(name)));
      req.next(httpError(406, undefined, { types }));
    }
    return this;
  },

  cookie(name, value, options = {}) {
    const o = { path: '/', ...options };
    let text = typeof value === 'object' ? `j:${JSON.stringify(value)}` : String(value);
    if (o.signed) {
      const { secret } = this.req;
      if (!secret) throw new Error('a cookie can only be signed with a secret: set "cookie secret" or use cookieParser(secret)');
      text = `s:${sign(text, secret)}`;
    }
    if (o.maxAge !== undefined && o.maxAge !== null) {
      const maxAge = Number(o.maxAge);
      if (Number.isNaN(maxAge)) throw new TypeError(`option maxAge is invalid: ${o.maxAge}`);
      o.expires = new Date(Date.now() + maxAge);
      o.maxAge = Math.floor(maxAge / 1000);
    }
    this.appendHeader('Set-Cookie', serializeCookie(name, text, o));
    return this;
  },

  clearCookie(name, options = {}) {
    const { maxAge, expires, ...rest } = options;
    return this.cookie(name, '', { ...rest, expires: new Date(1) });
  },

  attachment(filename) {
    if (filename !== undefined) this.type(extension(filename));
    return this.set('Content-Disposition', disposition('attachment', filename));
  },

  /** sendFile(path, [options], [callback]): a file, with validators and ranges. */
  sendFile(path, options, callback) {
    if (typeof options === 'function') [options, callback] = [{}, options];
    if (!path) throw new TypeError('path argument is required to res.sendFile');
    if (typeof path !== 'string') throw new TypeError('path must be a string to res.sendFile');
    const o = options ?? {};
    if (!o.root && path[0] !== '/') throw new TypeError('path must be absolute or specify root to res.sendFile');
    const { req } = this;
    const fail = callback ?? ((error) => req.next(error.code === 'EISDIR' ? undefined : error));
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    sendFile(req, this, encoded, { ...o, etag: o.etag ?? this.app.enabled('etag'), index: o.index ?? false }, { fail, sent: callback });
  },

  /** download(path, [filename], [options], [callback]). */
  download(path, filename, options, callback) {
    if (typeof filename === 'function') [filename, options, callback] = [undefined, undefined, filename];
    else if (typeof options === 'function') [options, callback] = [undefined, options];
    if (typeof filename === 'object' && filename !== null) [filename, options] = [undefined, filename];
    const o = options ?? {};
    const name = filename ?? path;
    const headers = { ...o.headers };
    for (const key of Object.keys(headers)) if (key.toLowerCase() === 'content-disposition') delete headers[key];
    headers['Content-Disposition'] = disposition('attachment', name);
    const full = o.root || path[0] === '/' ? path : `${os.getcwd()[0]}/${path}`;
    return this.sendFile(full, { ...o, headers }, callback);
  },

  /** Sends what an iterable yields, at the client's pace, and ends. */
  async stream(chunks) {
    try {
      for await (const chunk of chunks) {
        if (this.destroyed) break;
        const room = this.write(chunk);
        if (room !== true) await room;
      }
      this.end();
    } catch (error) {
      if (!this.headersSent) throw error;
      this.destroy(); // the client must not take it for the whole
    }
    return this;
  },

  /** Starts server-sent events: see middleware/sse.js. */
  sse(options) {
    return openEvents(this.req, this, options);
  },

  setNoCache() {
    this.setHeader('Cache-Control', 'no-store, no-cache, must-revalidate, proxy-revalidate');
    this.setHeader('Pragma', 'no-cache');
    this.setHeader('Expires', '0');
    return this;
  },

  setCache(seconds = 3600) {
    this.setHeader('Cache-Control', `public, max-age=${seconds}`);
    return this;
  },

  setCors(origin = '*') {
    this.setHeader('Access-Control-Allow-Origin', origin);
    this.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE, OPTIONS');
    this.setHeader('Access-Control-Allow-Headers', 'Content-Type, Authorization');
    // Browsers refuse credentials for all origins.
    if (origin !== '*') this.setHeader('Access-Control-Allow-Credentials', 'true').vary('Origin');
    return this;
  },

  /** Prints status and headers. */
  debug() {
    console.log('Response:', { statusCode: this.statusCode, headers: this.getHeaders(), sent: this.headersSent });
    return this;
  },
};

const getters = {
  app: {
    get() {
      return this.req._app;
    },
  },
  locals: {
    get() {
      return (this._locals ??= Object.create(null));
    },
    set(value) {
      this._locals = value;
    },
  },
  /** As headersSent, in the native C module's framework. */
  sent: {
    get() {
      return this.headersSent;
    },
  },
};

for (const name of Object.keys(methods)) {
  Object.defineProperty(response, name, { value: methods[name], writable: true, configurable: true, enumerable: false });
}
for (const name of Object.keys(getters)) {
  Object.defineProperty(response, name, { ...getters[name], configurable: true, enumerable: true });
}
