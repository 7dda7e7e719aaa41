/** listen() and Server of wqjs:net. */

import { errnoError, timerRef, timerStart, timerStop, tryAccept } from 'wqjs:internal/native';
import {
  EAGAIN, EBADF, ECANCELED, ECONNABORTED, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM, makeError,
} from 'wqjs:internal/errno';
import { cancel, Handle, promiseFor, Queue, refill, spend } from 'wqjs:internal/handle';
import { Conn, keepAlive, TOKEN } from 'wqjs:internal/net-conn';
import {
  checkFd, checkHost, checkOptions, checkPath, checkPort, literalFamily, localAddress,
} from 'wqjs:internal/net-options';
import { checkTls } from 'wqjs:internal/net-tls';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import {
  AF_INET, AF_INET6, AF_UNIX, bind, close, getaddrinfo, getsockopt, IPPROTO_IPV6, IPPROTO_TCP, IPV6_V6ONLY,
  listen as startListening, setsockopt, SO_ACCEPTCONN, SO_REUSEADDR, SO_REUSEPORT, SOCK_NONBLOCK, SOCK_STREAM, socket,
  SOL_SOCKET, SOMAXCONN, TCP_NODELAY, tls_context, tls_wrap,
} from 'wqjs:sockets';

// Out of fds or memory: accepting pauses this long, as no event tells when to go on.
const PAUSE = 50;
const SHORTAGES = new Set([EMFILE, ENFILE, ENOBUFS, ENOMEM]);

export function listen(options = {}) {
  const o = checkOptions(options, 'listen');
  const tls = checkTls(o.tls, 'listen', false);
  const context = tls === null ? -1 : tls_context({ ...tls, isServer: true });
  try {
    return new Server(TOKEN, listener(o), o, context);
  } catch (error) {
    if (context >= 0) close(context);
    throw error;
  }
}

// In a worker of `wqjs serve`: the listeners that were handed over, which take
// the place of sockets for the same port.
let shared = null;
let tlsOfShared;
// A listener that takes the place of the next one, whatever its port.
let only = null;

/** tls, options as those of listen(), is for HTTP servers on these listeners. */
export function useListeners(fds, tls) {
  shared = fds;
  tlsOfShared = tls;
}

/** The next listener of a port is fd; tells whether it was taken. */
export function useListener(fd) {
  only = fd;
  return () => only === null;
}

/** What an HTTP server uses that has no TLS options of its own. */
export function sharedTls(fd) {
  return shared?.includes(fd) ? tlsOfShared : undefined;
}

function sharedListener(port) {
  return shared?.find((fd) => localAddress(fd).port === port);
}

/** The fd of a listener as the options of listen() want it. */
export function listener(o) {
  if (o.fd !== undefined) return adopt(checkFd(o.fd, 'listen'));
  if (o.path !== undefined) {
    const path = checkPath(o.path, 'listen');
    return open(AF_UNIX, o, (fd) => bind(fd, path, 0));
  }
  const port = checkPort(o.port ?? 0, 'listen');
  if (only !== null) {
    const fd = only;
    only = null;
    return fd;
  }
  const given = port > 0 ? sharedListener(port) : undefined;
  if (given !== undefined) return given;
  const reusePort = o.reusePort ?? (shared !== null && port > 0);
  const host = checkHost(o.host ?? '0.0.0.0', 'listen');
  const address = literalFamily(host) === 0 ? getaddrinfo(host)[0] : host;
  const family = address.includes(':') ? AF_INET6 : AF_INET;
  return open(family, o, (fd) => {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (reusePort) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (family === AF_INET6 && o.ipv6Only !== undefined) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, o.ipv6Only ? 1 : 0);
    // Accepted connections inherit these.
    if (o.noDelay ?? true) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (o.keepAlive) keepAlive(fd, true, o.keepAlive === true ? {} : o.keepAlive);
    bind(fd, address, port);
  });
}

function open(family, o, prepare) {
  const fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  try {
    prepare(fd);
    startListening(fd, o.backlog ?? SOMAXCONN);
    return fd;
  } catch (error) {
    close(fd);
    throw error;
  }
}

// A listener that the sandbox was given.
function adopt(fd) {
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN) === 0) throw makeError(EINVAL, 'listen', `fd ${fd} is no listener`);
  return fd;
}

export class Server {
  #handle;
  #addr;
  #connOptions;
  #waiting = new Queue();
  #pause = 0; // timer
  #ref = true;
  #context; // of TLS, or -1

  constructor(token, fd, { allowHalfOpen = true }, context) {
    if (token !== TOKEN) throw new TypeError('Server: use listen()');
    this.#addr = localAddress(fd);
    this.#connOptions = { allowHalfOpen, secured: context >= 0 };
    this.#context = context;
    this.#handle = new Handle(fd, () => this.#onEvent());
  }

  get addr() {
    return { ...this.#addr };
  }

  get fd() {
    return this.#handle.fd;
  }

  accept() {
    return this.#accept(false);
  }

  #accept(isStep) {
    try {
      if (this.#handle.fd < 0) {
        if (isStep) return Promise.resolve({ value: undefined, done: true });
        throw makeError(EBADF, 'accept', 'the server is closed');
      }
      if (this.#waiting.head === null && this.#pause === 0) {
        const conn = spend() ? this.#tryAccept() : this.#handle.tryLater();
        if (conn) return Promise.resolve(isStep ? { value: conn, done: false } : conn);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    const request = { isStep };
    const promise = promiseFor(request);
    this.#waiting.push(request);
    this.#settle();
    return promise;
  }

  // A connection, or null when none waits; throws.
  #tryAccept() {
    for (;;) {
      const peer = tryAccept(this.#handle.fd);
      if (typeof peer === 'object') {
        if (this.#context >= 0 && !this.#secure(peer.fd)) continue;
        return new Conn(TOKEN, peer.fd, peer, this.#connOptions);
      }
      if (peer === EAGAIN) return null;
      if (peer === ECONNABORTED) continue; // gone while it waited
      if (!SHORTAGES.has(peer)) throw errnoError(peer, 'accept', this.#addr.address, this.#addr.port);
      this.#pauseAccepting();
      return null;
    }
  }

  // Starts TLS on an accepted fd; one that is gone already, or for which there
  // are no fds, is closed.
  #secure(fd) {
    try {
      tls_wrap(fd, this.#context);
      return true;
    } catch {
      close(fd);
      return false;
    }
  }

  #pauseAccepting() {
    this.#pause = timerStart(() => {
      this.#pause = 0;
      this.#onEvent();
    }, PAUSE, false, undefined);
    timerRef(this.#pause, this.#ref);
  }

  #onEvent() {
    refill();
    while (this.#pause === 0 && this.#waiting.head !== null) {
      let conn;
      try {
        conn = this.#tryAccept();
      } catch (error) {
        this.#waiting.shift().reject(error);
        continue;
      }
      if (conn === null) break;
      const request = this.#waiting.shift();
      request.resolve(request.isStep ? { value: conn, done: false } : conn);
    }
    this.#settle();
  }

  #settle() {
    if (this.#handle.fd < 0) return;
    try {
      this.#handle.wait(this.#waiting.head !== null);
    } catch (error) {
      for (let r = this.#waiting.clear(); r !== null; r = r.next) r.reject(error);
    }
  }

  [Symbol.asyncIterator]() {
    return {
      next: () => this.#accept(true),
      return: (value) => {
        this.close();
        return Promise.resolve({ value, done: true });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  close() {
    if (this.#handle.fd < 0) return;
    if (this.#pause !== 0) timerStop(this.#pause);
    this.#pause = 0;
    this.#handle.close();
    if (this.#context >= 0) close(this.#context);
    let error = null;
    for (let r = this.#waiting.clear(); r !== null; r = r.next) {
      if (r.isStep) r.resolve({ value: undefined, done: true });
      else cancel(r, (error ??= makeError(ECANCELED, 'accept', 'the server was closed')));
    }
  }

  [Symbol.dispose]() {
    this.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }

  ref() {
    return this.#setRef(true);
  }

  unref() {
    return this.#setRef(false);
  }

  #setRef(on) {
    this.#ref = on;
    this.#handle.setRef(on, this.#waiting.head !== null);
    if (this.#pause !== 0) timerRef(this.#pause, on);
    return this;
  }

  get [Symbol.toStringTag]() {
    return 'Server';
  }

  [customInspect](depth, options, inspect) {
    return depth < 0 ? '[Server]' : `Server ${inspect({ fd: this.fd, addr: this.#addr }, options)}`;
  }
}
