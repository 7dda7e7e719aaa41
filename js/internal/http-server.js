/** createServer() and Server of wqjs:http. */

import {
  noteFailure, serverAttach, serverDestroy, serverListen, serverNew, serverStats, serverStop, serverUpgrades,
} from 'wqjs:internal/http-native';
import { onShutdown, timerRef, timerStart, timerStop, watchRef, writeOut } from 'wqjs:internal/native';
import { IncomingMessage, reportUncaught, ServerResponse } from 'wqjs:internal/http-message';
import { inject } from 'wqjs:internal/http-inject';
import { inspect } from 'wqjs:internal/globals/inspect';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import { Conn, TOKEN as CONN } from 'wqjs:internal/net-conn';
import { addressOf, checkMs, checkOptions, localAddress } from 'wqjs:internal/net-options';
import { listener, sharedTls } from 'wqjs:internal/net-server';
import {
  apply, arraySlice, ceil, floor, mapDelete, mapForEach, mapSet, mapSize, max, min, then, weakMapGet, weakMapSet,
} from 'wqjs:internal/globals/primordials';
import { checkTls } from 'wqjs:internal/net-tls';
import { remove } from 'wqjs:internal/os';
import { close, getsockname, tls_context } from 'wqjs:sockets';

const TOKEN = {};

/** Servers that listen. */
export const openServers = new Set();

export function closeAll(options = {}) {
  return Promise.all([...openServers].map((server) => server.close(options)));
}

// name: [default, least, most]
const SIZES = {
  __proto__: null,
  maxHeaderSize: [16 * 1024, 1024, 64 * 1024],
  maxHeadersCount: [100, 1, 500],
  maxUrlSize: [8 * 1024, 16, 16 * 1024],
  maxBodySize: [16 << 20, 0, Infinity],
  maxRequestsPerConnection: [1000, 1, 1e9],
  maxConnections: [1000, 1, 60000],
};
const TIMES = {
  __proto__: null,
  headersTimeout: 10000,
  bodyTimeout: 30000,
  requestTimeout: 300000,
  keepAliveTimeout: 5000,
  sendTimeout: 30000,
};
const LINGER = 2000;
// How long close() waits for the first request of a connection.
const FIRST_REQUEST = 250;
const CLOSE_TIMEOUT = 10000;
const MAX_BODY = 2 ** 53;

function checkLimits(o) {
  const { allowHalfOpen = true } = o;
  if (typeof allowHalfOpen !== 'boolean') throw new TypeError('createServer: allowHalfOpen must be a boolean');
  const out = { lingerTimeout: LINGER, allowHalfOpen };
  for (const name in SIZES) {
    const { 0: preset, 1: least, 2: most } = SIZES[name];
    const value = o[name] ?? preset;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      throw new RangeError(`createServer: ${name} must be a number from ${least} to ${most}`);
    }
    out[name] = min(floor(value), MAX_BODY);
  }
  let shortest = LINGER;
  for (const name in TIMES) {
    out[name] = checkMs(o[name] ?? TIMES[name], 'createServer', name);
    if (out[name] > 0) shortest = min(shortest, out[name]);
  }
  // Deadlines are looked at this often: coarse, so that no request needs a timer.
  out.tick = max(10, min(500, ceil(shortest / 4)));
  return out;
}

// No options, and what they mean: not worked out for each server.
const NONE = { __proto__: null };
const PRESET = checkLimits(NONE);

function checkPrototype(value, base, name) {
  if (value === undefined) return base;
  if (value !== base && !Object.prototype.isPrototypeOf.call(base, value)) {
    throw new TypeError(`createServer: ${name} must inherit from the module's own prototype`);
  }
  return value;
}

/** What listen() was called with: options, a port and a host, or a path. */
export function listenOptions(first, host) {
  if (typeof first === 'object' && first !== null) return first;
  if (typeof first === 'string' && (first[0] === '/' || first[0] === '.' || first[0] === '@')) return { path: first };
  return { port: first ?? 0, host };
}

// A TLS context of the options of listen(), or -1.
function secure(options) {
  const tls = checkTls(options, 'listen', false);
  return tls === null ? -1 : tls_context({ ...tls, alpn: tls.alpn ?? ['http/1.1'], isServer: true });
}

export function createServer(options = {}, handler = undefined) {
  if (typeof options === 'function') return new Server(TOKEN, NONE, options);
  if (handler !== undefined && typeof handler !== 'function') throw new TypeError('createServer: the handler must be a function');
  return new Server(TOKEN, checkOptions(options, 'createServer'), handler);
}

/** Has a server call a function when it starts to close. */
export let whenClosing;
/** Says how an upgraded connection is closed when its server does: { close(), terminate() }. */
export let closeBy;
// What else became of a connection is cut off, when time is up.
const CUT = (conn) => ({ close() {}, terminate: () => conn.close() });
const serverOf = new WeakMap(); // of upgraded connections

export class Server {
  static {
    whenClosing = (server, tell) => {
      server.#toTell[server.#toTell.length] = tell;
    };
    closeBy = (conn, way) => {
      const server = weakMapGet(serverOf, conn);
      if (server === undefined || conn.fd < 0) return;
      mapSet(server.#upgraded, conn, way);
      if (server.#closed !== null) way.close();
    };
  }

  #native;
  #limits;
  #fd = -1;
  #address = null;
  #path; // of a Unix socket that is its own
  #listeners = { __proto__: null };
  #closed = null; // {promise, resolve} once close() was called
  #toTell = []; // of whenClosing()
  #upgraded = new Map(); // open connections, with the way they are closed
  #timer = 0;
  #ref = true;

  constructor(token, options, handler) {
    if (token !== TOKEN) throw new TypeError('Server: use createServer()');
    this.#limits = options === NONE ? PRESET : checkLimits(options);
    this.#native = serverNew({
      ...this.#limits,
      handler: handler ?? ((req, res) => this.#onRequest(req, res)),
      requestPrototype: checkPrototype(options.requestPrototype, IncomingMessage.prototype, 'requestPrototype'),
      responsePrototype: checkPrototype(options.responsePrototype, ServerResponse.prototype, 'responsePrototype'),
      onResult: (req, res, result, thrown) => this.#onResult(req, res, result, thrown),
      onUpgrade: (req, fd, address, port, head) => this.#onUpgrade(req, fd, address, port, head),
      onIdle: () => this.#onIdle(),
    });
  }

  // ---- listening ----

  listen(...args) {
    const cb = typeof args.at(-1) === 'function' ? args.pop() : undefined;
    const [first, host] = args;
    const o = listenOptions(first, host);
    if (this.#closed) throw new TypeError('listen: the server was closed');
    if (this.#fd >= 0) throw new TypeError('listen: the server is listening already');
    if (cb) this.once('listening', cb);
    try {
      const own = secure(o.tls); // wrong options leave no listener behind
      const fd = this.#open(o, own);
      this.#fd = fd;
      this.#address = localAddress(fd);
      if (o.fd === undefined && o.path?.[0] !== '@') this.#path = o.path;
      openServers.add(this);
      onShutdown(closeAll);
      if (!this.#ref) watchRef(fd, false);
    } catch (error) {
      if (!this.#listeners.error) throw error;
      timerStart(() => this.#emit('error', error), 0, false, undefined);
      return this;
    }
    timerStart(() => this.#emit('listening'), 0, false, undefined);
    return this;
  }

  // The fd of a listener, whose connections have TLS if there is a context.
  #open(o, own) {
    let context = own;
    let fd = -1;
    try {
      fd = listener(o);
      if (context < 0) context = secure(sharedTls(fd));
      serverListen(this.#native, fd, context);
      return fd;
    } catch (error) {
      if (context >= 0) close(context);
      if (fd >= 0 && o.fd === undefined) close(fd);
      throw error;
    }
  }

  get listening() {
    return this.#address !== null;
  }

  address() {
    return this.#address && { ...this.#address };
  }

  get connections() {
    return serverStats(this.#native)[0];
  }

  ref() {
    return this.#setRef(true);
  }

  unref() {
    return this.#setRef(false);
  }

  #setRef(on) {
    this.#ref = on;
    if (this.#address) watchRef(this.#fd, on);
    return this;
  }

  // ---- requests ----

  #onRequest(req, res) {
    if (this.#emit('request', req, res)) return;
    res.statusCode = 404;
    res.end();
  }

  // The handler threw, or its promise may reject.
  #onResult(req, res, result, thrown) {
    if (thrown) this.#failed(result, req, res);
    else then(result, undefined, (error) => this.#failed(error, req, res));
  }

  #failed(error, req, res) {
    noteFailure(error);
    try {
      if (this.#emit('error', error, req, res)) return;
      writeOut(2, `wqjs:http: ${req.method} ${req.url}: ${inspect(error)}\n`);
    } finally {
      if (res.headersSent) {
        if (!res.writableEnded) res.destroy();
      } else {
        for (const name of res.getHeaderNames()) res.removeHeader(name);
        res.statusCode = 500;
        res.end();
      }
    }
  }

  #onUpgrade(req, fd, address, port, head) {
    const { family } = getsockname(fd);
    const conn = new Conn(CONN, fd, addressOf({ address, port, family }), { watched: true, secured: req.encrypted });
    weakMapSet(serverOf, conn, this);
    mapSet(this.#upgraded, conn, CUT(conn));
    then(conn.closed, () => {
      mapDelete(this.#upgraded, conn);
      if (this.#closed !== null && this.connections === 0) this.#onIdle();
    });
    if (!this.#emit('upgrade', req, conn, head)) conn.close();
  }

  inject(options) {
    return inject(this.#native, this.#limits, options);
  }

  // ---- the end ----

  close(options = {}) {
    if (typeof options === 'function') {
      this.once('close', options);
      options = {};
    }
    const { graceful = true, timeout = CLOSE_TIMEOUT } = checkOptions(options, 'close');
    const ms = checkMs(timeout, 'close', 'timeout');
    if (this.#closed === null) {
      this.#closed = Promise.withResolvers();
      for (let i = 0; i < this.#toTell.length; i++) this.#toTell[i]();
      mapForEach(this.#upgraded, (way) => way.close());
    }
    this.#address = null;
    this.#fd = -1;
    openServers.delete(this);
    if (openServers.size === 0) onShutdown(null);
    serverStop(this.#native, !graceful);
    if (this.#path !== undefined) remove(this.#path); // if the program may
    this.#path = undefined;
    if (!graceful) this.#destroy();
    else if (this.#timer === 0 && (this.connections > 0 || mapSize(this.#upgraded) > 0)) {
      this.#timer = timerStart(() => this.#destroy(), ms, false, undefined);
      timerRef(timerStart(() => serverStop(this.#native, true), FIRST_REQUEST, false, undefined), false);
    }
    return this.#closed.promise;
  }

  #destroy() {
    mapForEach(this.#upgraded, (way) => way.terminate());
    serverDestroy(this.#native);
    if (this.connections === 0) this.#onIdle();
  }

  #onIdle() {
    if (mapSize(this.#upgraded) > 0) return;
    if (this.#timer !== 0) timerStop(this.#timer);
    this.#timer = 0;
    const { resolve, done } = this.#closed;
    if (done) return;
    this.#closed.done = true;
    resolve();
    this.#emit('close');
  }

  // ---- events ----

  on(name, listener) {
    return this.#add(name, listener, false);
  }

  once(name, listener) {
    return this.#add(name, listener, true);
  }

  off(name, listener) {
    const had = this.#listeners[name] ?? [];
    const kept = [];
    for (let i = 0; i < had.length; i++) if (had[i].listener !== listener) kept[kept.length] = had[i];
    this.#listeners[name] = kept.length > 0 ? kept : undefined;
    if (name === 'upgrade') serverUpgrades(this.#native, this.#listeners.upgrade !== undefined);
    return this;
  }

  #add(name, listener, once) {
    if (typeof listener !== 'function') throw new TypeError('the listener must be a function');
    const list = (this.#listeners[name] ??= []);
    list[list.length] = { listener, once };
    if (name === 'upgrade') serverUpgrades(this.#native, true);
    return this;
  }

  #emit(name, ...args) {
    const list = this.#listeners[name];
    if (list === undefined) return false;
    const all = arraySlice(list);
    for (let i = 0; i < all.length; i++) {
      const { listener, once } = all[i];
      if (once) this.off(name, listener);
      try {
        apply(listener, this, args);
      } catch (error) {
        reportUncaught(error);
      }
    }
    return true;
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  get [Symbol.toStringTag]() {
    return 'Server';
  }

  [customInspect](depth, options, show) {
    if (depth < 0) return '[Server]';
    return `Server ${show({ listening: this.listening, address: this.#address, connections: this.connections }, options)}`;
  }
}
