/**
 * Headers, Request and Response for servers: the part of
 * https://fetch.spec.whatwg.org/ that handlers of the form fetch(request) use.
 * A body is null, text, bytes, URLSearchParams, FormData, a Blob or an async
 * iterable of bytes and text; there is no ReadableStream and no fetch() itself.
 */

import { utf8Decode, utf8Encode } from 'wqjs:internal/native';
import { Blob, blobBytes } from 'wqjs:internal/globals/blob';
import { encodeForm, FormData, readForm } from 'wqjs:internal/globals/formdata';
import { requireArguments } from 'wqjs:internal/globals/idl';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const NULL_BODY = [101, 204, 205, 304];

function checkName(name) {
  const text = String(name);
  if (!NAME.test(text)) throw new TypeError(`Headers: ${JSON.stringify(text)} is no header name`);
  return text.toLowerCase();
}

function checkValue(value) {
  const text = String(value).replace(/^[\t\r\n ]+|[\t\r\n ]+$/g, '');
  if (BAD_VALUE.test(text)) throw new TypeError('Headers: the value has a character that is not allowed');
  return text;
}

export class Headers {
  #map = new Map(); // name → values

  constructor(init = undefined) {
    if (init === undefined) return;
    if (typeof init !== 'object' || init === null) throw new TypeError('Headers: expected an object or pairs');
    if (init[Symbol.iterator]) {
      for (const pair of init) {
        const [name, value, ...rest] = pair;
        if (value === undefined || rest.length > 0) throw new TypeError('Headers: expected pairs of name and value');
        this.append(name, value);
      }
      return;
    }
    for (const name of Object.keys(init)) {
      for (const value of Array.isArray(init[name]) ? init[name] : [init[name]]) this.append(name, value);
    }
  }

  append(name, value) {
    requireArguments('Headers.append', arguments.length, 2);
    const key = checkName(name);
    const text = checkValue(value);
    const values = this.#map.get(key);
    if (values === undefined) this.#map.set(key, [text]);
    else values.push(text);
  }

  set(name, value) {
    requireArguments('Headers.set', arguments.length, 2);
    this.#map.set(checkName(name), [checkValue(value)]);
  }

  get(name) {
    return this.#map.get(checkName(name))?.join(', ') ?? null;
  }

  getSetCookie() {
    return [...(this.#map.get('set-cookie') ?? [])];
  }

  has(name) {
    return this.#map.has(checkName(name));
  }

  delete(name) {
    this.#map.delete(checkName(name));
  }

  *entries() {
    for (const name of [...this.#map.keys()].sort()) {
      const values = this.#map.get(name);
      if (name === 'set-cookie') for (const value of values) yield [name, value];
      else yield [name, values.join(', ')];
    }
  }

  *keys() {
    for (const [name] of this.entries()) yield name;
  }

  *values() {
    for (const [, value] of this.entries()) yield value;
  }

  forEach(callback, thisArg = undefined) {
    for (const [name, value] of this.entries()) callback.call(thisArg, value, name, this);
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  get [Symbol.toStringTag]() {
    return 'Headers';
  }

  [customInspect](depth, options, inspect) {
    return depth < 0 ? '[Headers]' : `Headers ${inspect(Object.fromEntries(this), options)}`;
  }
}

// The body and the type that it says it has.
function extractBody(body) {
  if (body === undefined || body === null) return [null, null];
  if (typeof body === 'string') return [body, 'text/plain;charset=UTF-8'];
  if (body instanceof URLSearchParams) return [String(body), 'application/x-www-form-urlencoded;charset=UTF-8'];
  if (body instanceof Blob) return [blobBytes(body).slice(), body.type || null];
  if (body instanceof FormData) return encodeForm(body);
  if (ArrayBuffer.isView(body)) return [new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice(), null];
  if (body instanceof ArrayBuffer) return [new Uint8Array(body).slice(), null];
  if (typeof body === 'object' && (body[Symbol.asyncIterator] || body[Symbol.iterator])) return [body, null];
  return [String(body), 'text/plain;charset=UTF-8'];
}

async function collect(source) {
  const parts = [];
  let length = 0;
  for await (const part of source) {
    const bytes = typeof part === 'string' ? utf8Encode(part) : part;
    parts.push(bytes);
    length += bytes.byteLength;
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}

let takeBody;

// What Request and Response share.
class Body {
  #body;
  #used = false;

  constructor(body) {
    this.#body = body;
  }

  get bodyUsed() {
    return this.#used;
  }

  /** The body as it was given, to be read once; null if there is none. */
  get body() {
    const body = this.#body;
    if (body === null || typeof body === 'object' && body[Symbol.asyncIterator]) return body;
    return (async function* () {
      yield typeof body === 'string' ? utf8Encode(body) : body;
    })();
  }

  #take() {
    if (this.#used) throw new TypeError('the body was read already');
    this.#used = this.#body !== null;
    return this.#body;
  }

  async bytes() {
    const body = this.#take();
    if (body === null) return new Uint8Array(0);
    if (typeof body === 'string') return utf8Encode(body);
    return body instanceof Uint8Array ? body : collect(body);
  }

  async arrayBuffer() {
    return (await this.bytes()).buffer;
  }

  async text() {
    if (typeof this.#body === 'string') return this.#take();
    const bytes = await this.bytes();
    const skip = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    return utf8Decode(bytes, skip, undefined, false);
  }

  async json() {
    return JSON.parse(await this.text());
  }

  async blob() {
    return new Blob([await this.bytes()], { type: this.headers.get('content-type') ?? '' });
  }

  /** A multipart or urlencoded form, within the limits of options. */
  async formData(options = {}) {
    const body = this.#take();
    const chunks = body === null ? [] : typeof body === 'string' || body instanceof Uint8Array ? [body] : body;
    return readForm(chunks, this.headers.get('content-type'), options);
  }

  static {
    takeBody = (object) => object.#take();
  }
}

const INCOMING = Symbol('incoming');

export class Request extends Body {
  #incoming = null;
  #method = 'GET';
  #url;
  #headers = null;
  #signal = null;

  constructor(input, init = {}) {
    if (init === INCOMING) {
      super(input.method === 'GET' || input.method === 'HEAD' ? null : input);
      this.#incoming = input;
      return;
    }
    const from = input instanceof Request ? input : null;
    const method = String(init.method ?? from?.method ?? 'GET').toUpperCase();
    const [body, type] = extractBody(init.body ?? (from === null || from.bodyUsed ? null : takeBody(from)));
    if (body !== null && (method === 'GET' || method === 'HEAD')) throw new TypeError(`Request: ${method} has no body`);
    super(body);
    this.#method = method;
    this.#url = from?.url ?? new URL(input).href;
    this.#headers = new Headers(init.headers ?? from?.headers);
    if (type !== null && !this.#headers.has('content-type')) this.#headers.set('content-type', type);
    this.#signal = init.signal ?? from?.signal ?? null;
  }

  get method() {
    return this.#incoming?.method ?? this.#method;
  }

  get url() {
    if (this.#url === undefined) {
      const { url, headers, encrypted } = this.#incoming;
      this.#url = url.startsWith('/') ? `${encrypted ? 'https' : 'http'}://${headers.host || 'localhost'}${url}` : url;
    }
    return this.#url;
  }

  get headers() {
    return (this.#headers ??= new Headers(this.#incoming.headers));
  }

  get signal() {
    return (this.#signal ??= this.#incoming?.signal ?? new AbortController().signal);
  }

  get [Symbol.toStringTag]() {
    return 'Request';
  }

  [customInspect](depth, options, inspect) {
    return depth < 0 ? '[Request]' : `Request ${inspect({ method: this.method, url: this.url, headers: this.headers }, options)}`;
  }
}

export class Response extends Body {
  #status;
  #statusText;
  #headers;

  constructor(body = null, { status = 200, statusText = '', headers } = {}) {
    if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`Response: the status must be from 200 to 599, got ${status}`);
    const [content, type] = extractBody(body);
    if (content !== null && NULL_BODY.includes(status)) throw new TypeError(`Response: ${status} has no body`);
    super(content);
    this.#status = status;
    this.#statusText = String(statusText);
    this.#headers = new Headers(headers);
    if (type !== null && !this.#headers.has('content-type')) this.#headers.set('content-type', type);
  }

  static json(value, init = {}) {
    const response = new Response(JSON.stringify(value), init);
    if (!new Headers(init.headers).has('content-type')) response.#headers.set('content-type', 'application/json');
    return response;
  }

  static redirect(url, status = 302) {
    if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Response: ${status} is no redirect`);
    return new Response(null, { status, headers: { location: String(url) } });
  }

  get status() {
    return this.#status;
  }

  get statusText() {
    return this.#statusText;
  }

  get ok() {
    return this.#status < 300;
  }

  get headers() {
    return this.#headers;
  }

  get [Symbol.toStringTag]() {
    return 'Response';
  }

  [customInspect](depth, options, inspect) {
    return depth < 0 ? '[Response]' : `Response ${inspect({ status: this.#status, headers: this.#headers }, options)}`;
  }
}

/** A handler of wqjs:http that answers with what fetch(request) gives. */
export function fetchHandler(fetch) {
  return async (req, res) => {
    const response = await fetch(new Request(req, INCOMING));
    if (!(response instanceof Response)) throw new TypeError('fetch(request) must give a Response');
    res.statusCode = response.status;
    if (response.statusText !== '') res.statusMessage = response.statusText;
    for (const [name, value] of response.headers) res.appendHeader(name, value);
    const body = takeBody(response);
    if (body === null || typeof body === 'string' || body instanceof Uint8Array) {
      res.end(body);
      return;
    }
    for await (const chunk of body) {
      if (res.destroyed) return;
      await res.write(chunk);
    }
    res.end();
  };
}
