/**
 * IncomingMessage and ServerResponse: what is not native of them.
 *
 * The objects are made by the shim, which keeps their state; what is rarely
 * asked for (events, signals, iterators) is made here when it is.
 */

import { install } from 'wqjs:internal/http-native';
import { importNow } from 'wqjs:internal/native';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import { defineProperty, queueMicrotask, then, uncurry } from 'wqjs:internal/globals/primordials';
import { tls_info } from 'wqjs:sockets';

const CHUNK = 1;
const BYTES = 2;
const TEXT = 3;

const { parse } = JSON;

let events;
let readBody;
let secureFd;
let bodyValue;
let sendFile;
let sendParts;
let informational;
let setTrailers;

/**
 * The listeners of one request or response. They are called in the order of
 * adding; what one throws is reported as an uncaught error and stops no other.
 */
class Listeners {
  #all = [];

  constructor(owner) {
    events(owner, (name) => this.#emit(owner, name));
  }

  add(name, listener, once) {
    if (typeof listener !== 'function') throw new TypeError('the listener must be a function');
    this.#all.push({ name, listener, once });
  }

  remove(name, listener) {
    const i = this.#all.findIndex((e) => e.name === name && e.listener === listener);
    if (i >= 0) this.#all.splice(i, 1);
  }

  #emit(owner, name) {
    for (const entry of this.#all.slice()) {
      if (entry.name !== name) continue;
      if (entry.once) this.remove(name, entry.listener);
      try {
        entry.listener.call(owner);
      } catch (error) {
        reportUncaught(error);
      }
    }
  }
}

/** Ends the run with the error, as one that nobody caught. */
export function reportUncaught(error) {
  queueMicrotask(() => {
    throw error;
  });
}

const listeners = new WeakMap();

function listen(owner, name, listener, once) {
  let list = listeners.get(owner);
  if (list === undefined) listeners.set(owner, (list = new Listeners(owner)));
  list.add(name, listener, once);
  return owner;
}

const eventMethods = {
  on(name, listener) {
    return listen(this, name, listener, false);
  },
  once(name, listener) {
    return listen(this, name, listener, true);
  },
  off(name, listener) {
    listeners.get(this)?.remove(name, listener);
    return this;
  },
};

const signals = new WeakMap();

export class IncomingMessage {
  constructor() {
    throw new TypeError('IncomingMessage: only a server makes requests');
  }

  get signal() {
    let signal = signals.get(this);
    if (signal === undefined) {
      const controller = new AbortController();
      signals.set(this, (signal = controller.signal));
      const abort = () => {
        if (this.aborted) controller.abort();
      };
      if (this.aborted) abort();
      else this.on('close', abort);
    }
    return signal;
  }

  get tls() {
    const fd = secureFd(this);
    return fd < 0 ? null : tls_info(fd);
  }

  get body() {
    return bodyValue(this) ?? this;
  }

  set body(value) {
    bodyValue(this, value);
  }

  read() {
    return readBody(this, CHUNK, Infinity);
  }

  bytes({ limit = Infinity } = {}) {
    return readBody(this, BYTES, limit);
  }

  text({ limit = Infinity } = {}) {
    return readBody(this, TEXT, limit);
  }

  json({ limit = Infinity } = {}) {
    return then(readBody(this, TEXT, limit), (text) => parse(text));
  }

  formData(options = {}) {
    return importNow('wqjs:internal/globals/formdata').readForm(this, this.getHeader('content-type'), options);
  }

  [Symbol.asyncIterator]() {
    return {
      next: () => then(readBody(this, CHUNK, Infinity), (value) => ({ value: value ?? undefined, done: value === null })),
      // Leaving early lets go of the rest: the response decides what becomes of it.
      return: (value) => Promise.resolve({ value, done: true }),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  get [Symbol.toStringTag]() {
    return 'IncomingMessage';
  }

  [customInspect](depth, options, inspect) {
    const { method, url, headers } = this;
    return depth < 0 ? '[IncomingMessage]' : `IncomingMessage ${inspect({ method, url, headers }, options)}`;
  }
}

// {name: value} as [name, value, ...], a line for each value of an array.
function pairs(headers) {
  const out = [];
  for (const name of Object.keys(headers)) {
    const value = headers[name];
    if (Array.isArray(value)) for (const v of value) out.push(name, v);
    else out.push(name, value);
  }
  return out;
}

export class ServerResponse {
  constructor() {
    throw new TypeError('ServerResponse: only a server makes responses');
  }

  getHeaders() {
    const headers = Object.create(null);
    for (const name of this.getHeaderNames()) headers[name] = this.getHeader(name);
    return headers;
  }

  writeHead(status, message, headers = undefined) {
    if (typeof message === 'object' && message !== null) {
      headers = message;
      message = undefined;
    }
    this.statusCode = status;
    if (message !== undefined) this.statusMessage = message;
    if (headers !== undefined) for (const name of Object.keys(headers)) this.setHeader(name, headers[name]);
    return this;
  }

  file(file, { start = 0, end = -1, parts = undefined } = {}) {
    if (parts === undefined) return sendFile(this, file, start, end);
    const flat = [];
    for (let i = 0; i < parts.length; i++) {
      const { text = '', start: from = 0, end: to = from } = parts[i];
      flat[3 * i] = `${text}`;
      flat[3 * i + 1] = from;
      flat[3 * i + 2] = to;
    }
    return sendParts(this, file, flat);
  }

  writeContinue() {
    informational(this, 100, []);
  }

  writeInformational(status, headers = {}) {
    informational(this, status, pairs(headers));
  }

  addTrailers(trailers) {
    setTrailers(this, pairs(trailers));
  }

  get [Symbol.toStringTag]() {
    return 'ServerResponse';
  }

  [customInspect](depth, options, inspect) {
    if (depth < 0) return '[ServerResponse]';
    return `ServerResponse ${inspect({ statusCode: this.statusCode, headers: this.getHeaders() }, options)}`;
  }
}

const inner = install(IncomingMessage.prototype, ServerResponse.prototype);
events = uncurry(inner.events);
readBody = uncurry(inner.readBody);
secureFd = uncurry(inner.secureFd);
bodyValue = uncurry(inner.bodyValue);
sendFile = uncurry(inner.sendFile);
sendParts = uncurry(inner.sendParts);
informational = uncurry(inner.informational);
setTrailers = uncurry(inner.addTrailers);

function method(prototype, name, value) {
  defineProperty(prototype, name, { value, writable: true, enumerable: false, configurable: true });
}

for (const { prototype } of [IncomingMessage, ServerResponse]) {
  for (const name of Object.keys(eventMethods)) method(prototype, name, eventMethods[name]);
  method(prototype, 'destroy', inner.destroy);
}
method(IncomingMessage.prototype, 'readNow', inner.readNow);
