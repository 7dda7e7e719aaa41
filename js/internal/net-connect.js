/** connect() of wqjs:net: names, happy eyeballs (RFC 8305), abort and timeout. */

import { errnoError, timerStart, timerStop, tryConnect, watch } from 'wqjs:internal/native';
import { callSite, EAGAIN, EINPROGRESS, ENOTFOUND, ETIMEDOUT, makeError } from 'wqjs:internal/errno';
import { Conn, keepAlive, TOKEN } from 'wqjs:internal/net-conn';
import {
  checkFamily, checkFd, checkHost, checkMs, checkOptions, checkPath, checkPort, checkSignal, literalFamily,
} from 'wqjs:internal/net-options';
import { checkTls } from 'wqjs:internal/net-tls';
import { resolve } from 'wqjs:internal/resolve';
import {
  AF_INET, AF_INET6, AF_UNIX, bind, close, getpeername, getsockopt, IPPROTO_TCP, setsockopt, SO_ERROR, SOCK_NONBLOCK,
  SOCK_STREAM, socket, SOL_SOCKET, TCP_NODELAY,
} from 'wqjs:sockets';

// RFC 8305, 5: "Connection Attempt Delay", recommended value.
const ATTEMPT_DELAY = 250;
// How long to wait before a Unix socket is tried again whose queue is full.
const RETRY_DELAY = 10;

export function connect(options) {
  let plan;
  try {
    plan = planOf(checkOptions(options, 'connect'));
  } catch (error) {
    return Promise.reject(error);
  }
  if (plan.signal?.aborted) return Promise.reject(plan.signal.reason);
  plan.site = callSite(connect);
  return new Promise((fulfil, reject) => {
    new Connecting(plan, fulfil, reject);
  });
}

function planOf(o) {
  const given = ['fd', 'path', 'port'].filter((key) => o[key] !== undefined);
  if (given.length !== 1) throw new TypeError('connect: give either port (and host), path, or fd');
  const plan = {
    signal: checkSignal(o.signal, 'connect'),
    timeout: checkMs(o.timeout ?? 0, 'connect', 'timeout'),
    noDelay: o.noDelay ?? true,
    keepAlive: o.keepAlive ?? false,
    allowHalfOpen: o.allowHalfOpen ?? true,
    fd: -1,
    host: '',
    port: 0,
    path: null,
    local: null,
    localPort: 0,
    family: checkFamily(o.family ?? 0, 'connect'),
    tls: checkTls(o.tls, 'connect', true),
    site: '',
  };
  if (o.fd !== undefined) plan.fd = checkFd(o.fd, 'connect');
  else if (o.path !== undefined) plan.path = checkPath(o.path, 'connect');
  else {
    plan.host = checkHost(o.host ?? 'localhost', 'connect');
    plan.port = checkPort(o.port, 'connect', 1);
    if (o.localAddress !== undefined) {
      plan.local = checkHost(o.localAddress, 'connect', 'localAddress');
      plan.family ||= literalFamily(plan.local);
    }
    plan.localPort = checkPort(o.localPort ?? 0, 'connect');
    if (plan.tls !== null) plan.tls = { servername: plan.host, ...plan.tls };
  }
  return plan;
}

/** Alternates the families, the first address' first (RFC 8305, 4). */
export function interleave(addresses) {
  const isSix = (address) => address.includes(':');
  const first = addresses.filter((a) => isSix(a) === isSix(addresses[0]));
  const second = addresses.filter((a) => isSix(a) !== isSix(addresses[0]));
  const out = [];
  for (let i = 0; i < first.length || i < second.length; i++) {
    if (i < first.length) out.push(first[i]);
    if (i < second.length) out.push(second[i]);
  }
  return out;
}

class Connecting {
  #plan;
  #fulfil;
  #reject;
  #done = false;
  #cancelLookup = null;
  #onAbort = null;
  #deadline = 0; // timers
  #pause = 0;
  #addresses = []; // still to be tried
  #trying = new Set(); // fds
  #errors = [];
  #securing = null; // the connection whose handshake is under way

  constructor(plan, fulfil, reject) {
    this.#plan = plan;
    this.#fulfil = fulfil;
    this.#reject = reject;
    this.#guard(() => this.#start());
  }

  // Whatever goes wrong, also in a callback, rejects the promise.
  #guard(step) {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #start() {
    const { signal, timeout, host, path, fd, family } = this.#plan;
    if (signal !== null) {
      this.#onAbort = () => this.#finish(this.#reject, signal.reason);
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    if (timeout > 0) this.#deadline = timerStart(() => this.#onTimeout(), timeout, false, undefined);
    if (fd >= 0) {
      this.#won(fd, getpeername(fd), false);
      return;
    }
    if (path !== null || literalFamily(host) !== 0) {
      this.#addresses = [path ?? host];
      this.#next();
      return;
    }
    this.#cancelLookup = resolve(host, family, (error, addresses) => {
      if (error !== null) {
        this.#fail(error);
        return;
      }
      this.#addresses = interleave(addresses);
      this.#guard(() => this.#next());
    });
  }

  #onTimeout() {
    const { host, port, path, timeout } = this.#plan;
    const target = path ?? host;
    this.#fail(makeError(ETIMEDOUT, 'connect', `no connection to ${target} within ${timeout} ms`, target, port));
  }

  // Starts with the next address. The one after it follows when that fails, or
  // when some time has passed.
  #next() {
    this.#stopPause();
    while (!this.#done) {
      if (this.#addresses.length === 0) {
        if (this.#trying.size === 0) this.#fail(this.#failure());
        return;
      }
      const pause = this.#try(this.#addresses.shift());
      if (pause === 0) continue;
      if (!this.#done && this.#addresses.length > 0) {
        this.#pause = timerStart(() => this.#guard(() => this.#next()), pause, false, undefined);
      }
      return;
    }
  }

  // Starts one attempt; gives the milliseconds until the next may start, 0 when
  // this one failed at once.
  #try(address) {
    const { path, port } = this.#plan;
    let fd = -1;
    try {
      fd = this.#open(address);
      const r = tryConnect(fd, address, port);
      if (r === 0) {
        this.#won(fd, getpeername(fd), false);
        return ATTEMPT_DELAY;
      }
      if (r === EAGAIN && path !== null) {
        // connect(2): the listener's queue is full, and nothing tells when it is not.
        close(fd);
        this.#addresses.push(address);
        return RETRY_DELAY;
      }
      if (r !== EINPROGRESS) throw errnoError(r, 'connect', address, port);
      watch(fd, () => this.#guard(() => this.#check(fd, address)));
      this.#trying.add(fd);
      return ATTEMPT_DELAY;
    } catch (error) {
      if (fd >= 0) close(fd);
      this.#errors.push(error);
      return 0;
    }
  }

  #open(address) {
    const { path, local, localPort, noDelay } = this.#plan;
    const family = path !== null ? AF_UNIX : address.includes(':') ? AF_INET6 : AF_INET;
    const fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    try {
      if (path === null && noDelay) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, 1);
      if (local !== null || localPort !== 0) bind(fd, local ?? '', localPort);
    } catch (error) {
      close(fd);
      throw error;
    }
    return fd;
  }

  // An attempt under way got an event: has it ended?
  #check(fd, address) {
    const { port } = this.#plan;
    const errno = getsockopt(fd, SOL_SOCKET, SO_ERROR);
    if (errno !== 0) {
      this.#trying.delete(fd);
      close(fd);
      this.#errors.push(errnoError(-errno, 'connect', address, port));
      this.#next();
      return;
    }
    let peer;
    try {
      peer = getpeername(fd);
    } catch {
      return; // not yet: the event was for an earlier socket of this number
    }
    this.#won(fd, peer, true);
  }

  #won(fd, peer, watched) {
    const { allowHalfOpen, keepAlive: alive, tls } = this.#plan;
    this.#trying.delete(fd);
    let conn;
    try {
      conn = new Conn(TOKEN, fd, peer, { watched, allowHalfOpen });
      if (alive) keepAlive(fd, true, alive === true ? {} : alive);
    } catch (error) {
      close(fd);
      this.#fail(error);
      return;
    }
    if (tls === null) {
      this.#finish(this.#fulfil, conn);
      return;
    }
    this.#stopTrying();
    this.#securing = conn;
    conn.startTls(tls).then(
      () => {
        this.#securing = null;
        this.#finish(this.#fulfil, conn);
      },
      (error) => this.#fail(error),
    );
  }

  #failure() {
    const { host, port, path } = this.#plan;
    const errors = this.#errors;
    if (errors.length === 0) return makeError(ENOTFOUND, 'getaddrinfo', `no address for ${host}`, host, port);
    const [first] = errors;
    if (errors.length === 1 || first.errno === undefined) return first;
    const error = errnoError(-first.errno, 'connect', path ?? host, port);
    error.message = `connect to ${host} failed at all ${errors.length} addresses: ${errors.map((e) => e.message).join('; ')}`;
    error.errors = errors;
    return error;
  }

  #fail(error) {
    if (error?.syscall !== undefined) error.stack = this.#plan.site;
    this.#finish(this.#reject, error);
  }

  #stopPause() {
    if (this.#pause !== 0) timerStop(this.#pause);
    this.#pause = 0;
  }

  #stopTrying() {
    this.#stopPause();
    this.#addresses = [];
    for (const fd of this.#trying) close(fd);
    this.#trying.clear();
  }

  #finish(settle, value) {
    if (this.#done) return;
    this.#done = true;
    this.#stopTrying();
    this.#securing?.close();
    if (this.#deadline !== 0) timerStop(this.#deadline);
    this.#cancelLookup?.();
    if (this.#onAbort !== null) this.#plan.signal.removeEventListener('abort', this.#onAbort);
    settle(value);
  }
}
