/**
 * Conn: a stream connection of wqjs:net.
 *
 * Reads and writes try at once and wait only when the kernel has nothing, or
 * no room. Nothing is read ahead: what nobody asked for stays in the kernel,
 * whose window then stops the peer. What a write could not hand over waits in
 * a queue of limited size.
 */

import { errnoError, timerStart, timerStop, tryRecv, trySend, utf8Encode } from 'wqjs:internal/native';
import {
  EAGAIN, EBADF, EBUSY, ECANCELED, ECONNRESET, EINVAL, ENOBUFS, EPIPE, ETIMEDOUT, makeError,
} from 'wqjs:internal/errno';
import { cancel, Handle, promiseFor, Queue, READABLE, refill, spend, WRITABLE } from 'wqjs:internal/handle';
import { handshake } from 'wqjs:internal/net-tls';
import { ReadableSide, WritableSide } from 'wqjs:internal/net-streams';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import { addressOf, checkMs, isBytes, localAddress } from 'wqjs:internal/net-options';
import {
  IPPROTO_TCP, setsockopt, SHUT_RD, SHUT_WR, shutdown, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE,
  TCP_KEEPINTVL, TCP_NODELAY, tls_info, tls_wrap,
} from 'wqjs:sockets';

/** Only the library makes a Conn. */
export const TOKEN = {};

// What a read gives: bytes, their number, or an iterator's result.
const CHUNK = 0;
const COUNT = 1;
const STEP = 2;

const MAX_CHUNK = 65536;
// Where chunks arrive before their size is known; used by one call at a time.
const scratch = new Uint8Array(MAX_CHUNK);

// How much may wait to be written before another write is refused; each counts
// for some bytes more than it has.
const MAX_QUEUED = 16 << 20;
const WRITE_COST = 128;

// The state of a side is one of these or the error that ended it.
const OPEN = 0;
const ENDED = 1;
const CLOSED = 2;

export let cancelReading;

export class Conn {
  #handle;
  #peer;
  #local = null;
  #reads = new Queue();
  #writes = new Queue();
  #queued = 0;
  #readState = OPEN;
  #writeState = OPEN;
  #ending = null; // the promise of end()
  #halfOpen;
  #idleMs = 0;
  #idleTimer = 0;
  #closed = null; // {promise, resolve} once somebody asked
  #readable = null;
  #writable = null;
  #secured; // TLS
  #tls = null; // its session, once known

  static {
    cancelReading = (conn) => conn.#cancelReading();
  }

  constructor(token, fd, peer, { watched = false, allowHalfOpen = true, secured = false } = {}) {
    if (token !== TOKEN) throw new TypeError('Conn: use connect() or a server');
    this.#handle = new Handle(fd, (events) => this.#onEvent(events), watched);
    this.#peer = peer;
    this.#halfOpen = allowHalfOpen;
    this.#secured = secured;
  }

  // ---- reading ----

  read(target = MAX_CHUNK) {
    if (typeof target === 'number') {
      if (target >= 1) return this.#read(null, target < MAX_CHUNK ? target | 0 : MAX_CHUNK, CHUNK);
      return Promise.reject(new RangeError(`read: the number of bytes must be 1 or more, got ${target}`));
    }
    if (!isBytes(target)) return Promise.reject(new TypeError('read: expected a number of bytes or a buffer'));
    if (target.byteLength === 0) return Promise.reject(new RangeError('read: the buffer has no room'));
    return this.#read(target, 0, COUNT);
  }

  #read(view, size, mode) {
    try {
      if (this.#readState !== OPEN) return Promise.resolve(this.#afterEnd(mode));
      if (this.#reads.head === null) {
        const result = spend() ? this.#tryRead(view, size, mode) : this.#handle.tryLater();
        if (result !== undefined) return Promise.resolve(result);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    const request = { view, size, mode };
    const promise = promiseFor(request);
    this.#reads.push(request);
    this.#settle();
    return promise;
  }

  // What a read gives, or undefined when it has to wait.
  #tryRead(view, size, mode) {
    if (this.#readState !== OPEN) return this.#afterEnd(mode);
    const { fd } = this.#handle;
    const n = view === null ? tryRecv(fd, scratch, 0, size) : tryRecv(fd, view, undefined, undefined);
    if (n > 0) {
      this.#progress();
      if (mode === COUNT) return n;
      const chunk = scratch.slice(0, n);
      return mode === CHUNK ? chunk : { value: chunk, done: false };
    }
    if (n === EAGAIN) return undefined;
    if (n < 0) throw this.#fail(errnoError(n, 'recv', this.#peer.address, this.#peer.port));
    if (view !== null && view.byteLength === 0) {
      throw new TypeError('read: the buffer lost its room while the read waited');
    }
    // A write was told of the reset; the kernel tells it only once.
    if (this.#writeState?.errno === -ECONNRESET) throw this.#fail(this.#writeState);
    this.#readState = ENDED;
    if (!this.#halfOpen) this.end().catch(() => {});
    this.#closeWhenDone();
    return this.#afterEnd(mode);
  }

  #afterEnd(mode) {
    if (this.#readState === ENDED) return mode === STEP ? { value: undefined, done: true } : null;
    throw this.#readState === CLOSED ? makeError(EBADF, 'read', 'the connection is closed') : this.#readState;
  }

  [Symbol.asyncIterator]() {
    return {
      next: () => this.#read(null, MAX_CHUNK, STEP),
      return: (value) => Promise.resolve({ value, done: true }),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #cancelReading() {
    if (this.#readState !== OPEN) return;
    this.#readState = ENDED;
    this.#shutdown(SHUT_RD);
    for (let r = this.#reads.clear(); r !== null; r = r.next) r.resolve(this.#afterEnd(r.mode));
    this.#settle();
    this.#closeWhenDone();
  }

  // ---- writing ----

  write(data) {
    try {
      return this.#write(data);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #write(data) {
    let bytes = data;
    if (typeof data === 'string') bytes = utf8Encode(data);
    else if (!isBytes(data)) throw new TypeError('write: expected a string, an ArrayBuffer, a typed array or a DataView');
    if (this.#writeState !== OPEN || this.#ending !== null) throw this.#noWrite();
    const size = bytes.byteLength;
    let at = 0;
    if (this.#queued > MAX_QUEUED) {
      throw makeError(ENOBUFS, 'write', `more than ${MAX_QUEUED} bytes wait already: await the writes`);
    }
    if (this.#writes.head === null) {
      if (!spend()) this.#handle.tryLater();
      else if ((at = this.#trySend(bytes, 0, size)) === size) return Promise.resolve(size);
    }
    return this.#queue({ bytes, at, size, cost: size - at + WRITE_COST });
  }

  #queue(request) {
    const promise = promiseFor(request);
    this.#writes.push(request);
    this.#queued += request.cost;
    this.#settle();
    return promise;
  }

  #noWrite() {
    if (this.#writeState === CLOSED) return makeError(EBADF, 'write', 'the connection is closed');
    if (typeof this.#writeState === 'object') return this.#writeState;
    return makeError(EPIPE, 'write', 'end() was called');
  }

  // Sends from at on until the kernel takes no more; gives the new position.
  #trySend(bytes, at, size) {
    const start = at;
    while (at < size) {
      let n;
      try {
        n = trySend(this.#handle.fd, bytes, at, size - at);
      } catch (error) {
        throw this.#failWriting(error); // the buffer shrank: what was sent is only a part
      }
      if (n === EAGAIN) break;
      if (n < 0) throw this.#failWriting(errnoError(n, 'send', this.#peer.address, this.#peer.port));
      at += n;
    }
    if (at > start) this.#progress();
    return at;
  }

  #shutdown(how) {
    try {
      shutdown(this.#handle.fd, how);
    } catch {
      // ENOTCONN: the peer has reset the connection; the next read tells.
    }
  }

  end(data = undefined) {
    try {
      if (this.#ending !== null && data === undefined) return this.#ending;
      // The end fails when what goes before it does: one rejection is enough.
      if (data !== undefined) this.#write(data).catch(() => {});
      else if (this.#writeState !== OPEN) throw this.#noWrite();
      this.#ending =
        this.#writes.head === null
          ? Promise.resolve(this.#finishWriting())
          : this.#queue({ bytes: null, at: 0, size: 0, cost: 0 });
      return this.#ending;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  closeWrite() {
    return this.end();
  }

  #finishWriting() {
    this.#shutdown(SHUT_WR);
    this.#writeState = ENDED;
    this.#closeWhenDone();
  }

  // ---- events ----

  #onEvent(events) {
    refill();
    if ((events & READABLE) !== 0) this.#continueReads();
    if ((events & WRITABLE) !== 0) this.#continueWrites();
    this.#settle();
  }

  #continueReads() {
    for (let r = this.#reads.shift(); r !== null; r = this.#reads.shift()) {
      let result;
      try {
        result = this.#tryRead(r.view, r.size, r.mode);
      } catch (error) {
        r.reject(error);
        continue;
      }
      if (result === undefined) {
        this.#reads.unshift(r);
        return;
      }
      r.resolve(result);
    }
  }

  #continueWrites() {
    for (let w = this.#writes.shift(); w !== null; w = this.#writes.shift()) {
      if (w.bytes === null) {
        this.#finishWriting();
        w.resolve();
        continue;
      }
      try {
        w.at = this.#trySend(w.bytes, w.at, w.size);
      } catch (error) {
        w.reject(error);
        continue;
      }
      if (w.at < w.size) {
        this.#writes.unshift(w);
        return;
      }
      this.#queued -= w.cost;
      w.resolve(w.size);
    }
  }

  // Waits for events, and for time to pass, as long as something is pending.
  #settle() {
    if (this.#handle.fd < 0) return;
    const waits = this.#reads.head !== null || this.#writes.head !== null;
    try {
      this.#handle.wait(waits);
      if (!waits) this.#stopIdle();
      else if (this.#idleTimer === 0) this.#startIdle();
    } catch (error) {
      this.#fail(error);
    }
  }

  #startIdle() {
    if (this.#idleMs > 0) this.#idleTimer = timerStart(() => this.#onIdle(), this.#idleMs, false, undefined);
  }

  #stopIdle() {
    if (this.#idleTimer === 0) return;
    timerStop(this.#idleTimer);
    this.#idleTimer = 0;
  }

  // Bytes moved: the time begins anew.
  #progress() {
    if (this.#idleTimer === 0) return;
    this.#stopIdle();
    this.#startIdle();
  }

  #onIdle() {
    this.#idleTimer = 0;
    const syscall = this.#reads.head !== null ? 'read' : 'write';
    const { address, port } = this.#peer;
    this.#fail(makeError(ETIMEDOUT, syscall, `nothing moved for ${this.#idleMs} ms`, address, port));
  }

  // ---- the end ----

  // The connection is dead: gives the error back.
  #fail(error) {
    this.#readState = error;
    if (this.#writeState === OPEN) this.#writeState = error;
    this.#destroy(error);
    return error;
  }

  // Nothing can be written any more, but what came may still be read.
  #failWriting(error) {
    this.#writeState = error;
    this.#queued = 0;
    for (let w = this.#writes.clear(); w !== null; w = w.next) w.reject(error);
    this.#closeWhenDone();
    return error;
  }

  #closeWhenDone() {
    if (this.#readState !== OPEN && this.#writeState !== OPEN) this.#destroy(null);
  }

  close() {
    if (this.#handle.fd < 0) return;
    const waits = this.#reads.head !== null || this.#writes.head !== null;
    const error = waits ? makeError(ECANCELED, 'close', 'the connection was closed while this waited') : null;
    if (this.#readState === OPEN) this.#readState = CLOSED;
    if (this.#writeState === OPEN) this.#writeState = CLOSED;
    for (let r = this.#reads.clear(); r !== null; r = r.next) cancel(r, error);
    for (let w = this.#writes.clear(); w !== null; w = w.next) cancel(w, error);
    this.#destroy(null);
  }

  // Closes the fd. What waits gets the end, if that is what came, or the error.
  #destroy(error) {
    this.#stopIdle();
    this.#handle.close();
    this.#queued = 0;
    for (let r = this.#reads.clear(); r !== null; r = r.next) {
      if (this.#readState === ENDED) r.resolve(this.#afterEnd(r.mode));
      else r.reject(error);
    }
    for (let w = this.#writes.clear(); w !== null; w = w.next) w.reject(error);
    this.#closed?.resolve();
  }

  [Symbol.dispose]() {
    this.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }

  get closed() {
    this.#closed ??= Promise.withResolvers();
    if (this.#handle.fd < 0) this.#closed.resolve();
    return this.#closed.promise;
  }

  // ---- TLS ----

  startTls(options = {}) {
    try {
      const fd = this.#open('tls_wrap');
      if (this.#reads.head !== null || this.#writes.head !== null) {
        throw makeError(EBUSY, 'tls_wrap', 'reads or writes still wait: startTls comes between them');
      }
      if (this.#readState !== OPEN || this.#writeState !== OPEN || this.#ending !== null) {
        throw makeError(EPIPE, 'tls_wrap', 'a side of the connection has ended');
      }
      tls_wrap(fd, options);
      this.#secured = true;
      this.#tls = null;
    } catch (error) {
      return Promise.reject(error);
    }
    return this.handshake();
  }

  async handshake() {
    const fd = this.#open('tls_handshake');
    if (!this.#secured) throw makeError(EINVAL, 'tls_handshake', 'the connection has no TLS');
    this.#tls = await handshake(fd, this.#peer);
    return this.tls;
  }

  get tls() {
    if (this.#tls === null && this.#secured && this.#handle.fd >= 0) {
      try {
        this.#tls = tls_info(this.#handle.fd);
      } catch {} // the handshake failed: reading tells why
    }
    return this.#tls === null ? null : { ...this.#tls };
  }

  // ---- what it is ----

  get fd() {
    return this.#handle.fd;
  }

  get remoteAddr() {
    return addressOf(this.#peer);
  }

  get localAddr() {
    if (this.#local === null) {
      if (this.#handle.fd < 0) return null;
      this.#local = localAddress(this.#handle.fd);
    }
    return { ...this.#local };
  }

  get readable() {
    this.#readable ??= new ReadableSide(this);
    return this.#readable;
  }

  get writable() {
    this.#writable ??= new WritableSide(this);
    return this.#writable;
  }

  // ---- options ----

  setNoDelay(on = true) {
    setsockopt(this.#open('setsockopt'), IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
    return this;
  }

  setKeepAlive(on = true, options = {}) {
    keepAlive(this.#open('setsockopt'), on, options);
    return this;
  }

  setTimeout(ms) {
    this.#idleMs = checkMs(ms, 'setTimeout', 'the time');
    this.#stopIdle();
    this.#settle();
    return this;
  }

  ref() {
    this.#handle.setRef(true, this.#reads.head !== null || this.#writes.head !== null);
    return this;
  }

  unref() {
    this.#handle.setRef(false, false);
    return this;
  }

  #open(syscall) {
    if (this.#handle.fd < 0) throw makeError(EBADF, syscall, 'the connection is closed');
    return this.#handle.fd;
  }

  get [Symbol.toStringTag]() {
    return 'Conn';
  }

  [customInspect](depth, options, inspect) {
    if (depth < 0) return '[Conn]';
    const { fd, remoteAddr } = this;
    return `Conn ${inspect({ fd, localAddr: this.localAddr, remoteAddr }, options)}`;
  }
}

/** Sets keep-alive on a fd; the times are milliseconds, rounded up to seconds. */
export function keepAlive(fd, on, { idle, interval, count } = {}) {
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0);
  if (!on) return;
  const seconds = (ms, what) => Math.max(1, Math.ceil(checkMs(ms, 'setKeepAlive', what) / 1000));
  if (idle !== undefined) setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds(idle, 'idle'));
  if (interval !== undefined) setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds(interval, 'interval'));
  if (count !== undefined) setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
}
