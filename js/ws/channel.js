/**
 * Channel: an open WebSocket connection (RFC 6455), the same for both sides.
 *
 * Frames are read one chunk of the connection at a time, and no further while
 * the owner has not taken a message. What is sent waits in a queue of limited
 * size. However the peer behaves, a closing connection is gone after
 * closeTimeout.
 */

import { EPIPE, ETIMEDOUT, makeError, ENOBUFS } from 'wqjs:internal/errno';
import { timerStart, timerStop } from 'wqjs:internal/native';
import { isBytes } from 'wqjs:internal/net-options';
import { deflate, inflate } from 'wqjs:internal/ws/deflate';
import { closeFrame, feed, frame, next, parser, text } from 'wqjs:internal/ws-native';

export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

const NO_STATUS = 1005;
const ABNORMAL = 1006;
const BAD_DATA = 1007;
const TOO_BIG = 1009;
const TRY_LATER = 1013;

// Shorter messages do not get smaller by compression.
const MIN_DEFLATE = 1024;
// What a peer may send after the end before its connection is reset.
const MAX_LINGER = 1 << 20;

const { isArray } = Array;
const ignore = () => {};

/** A rejection that nobody has to handle: peers go away at any time. */
function rejected(error) {
  const promise = Promise.reject(error);
  promise.catch(ignore);
  return promise;
}

export class Channel {
  #conn;
  #client;
  #limits;
  #hooks;
  #deflates;
  #parser;
  #state = OPEN;
  #queued = 0;
  #sentClose = false;
  #gotClose = false;
  #failed = false;
  #code = ABNORMAL;
  #reason = '';
  #error = null;
  #pong = null; // the payload to answer when the last answer has left
  #ponging = false;
  #stalled = false; // the owner has not taken a message
  #heard = true; // since the last tick
  #closeTimer = 0;
  #idleTimer = 0;

  /**
   * hooks: message(data) gives a promise when no more is to be read until it is
   * settled; ping(bytes), pong(bytes); close({ code, reason, clean, error }).
   */
  constructor(conn, client, deflates, limits, hooks) {
    this.#conn = conn;
    this.#client = client;
    this.#deflates = deflates;
    this.#limits = limits;
    this.#hooks = hooks;
    this.#parser = parser(!client, limits.maxPayload, deflates);
    const { idleTimeout } = limits;
    if (idleTimeout > 0) this.#idleTimer = timerStart(() => this.#tick(), idleTimeout, true, undefined);
  }

  get state() {
    return this.#state;
  }

  get bufferedAmount() {
    return this.#queued;
  }

  // ---- receiving ----

  /** Starts to read; head is what came with the handshake. */
  async run(head) {
    try {
      let chunk = head;
      while (chunk !== null) {
        if (chunk.length > 0) await this.#take(chunk);
        if (this.#gotClose || this.#failed) break;
        chunk = await this.#conn.read();
        this.#heard = true;
      }
      if (this.#state !== CLOSED) await this.#linger();
    } catch (error) {
      this.#error ??= error;
    }
    this.#finish();
  }

  async #take(chunk) {
    feed(this.#parser, chunk);
    for (;;) {
      const event = next(this.#parser);
      if (event === undefined) return;
      if (!isArray(event)) await this.#deliver(event);
      else if (event[0] <= BINARY && event[0] > 0) await this.#inflate(event[0], event[1]);
      else this.#onControl(event);
      if (this.#failed || this.#gotClose) return;
    }
  }

  async #deliver(data) {
    if (this.#state !== OPEN) return;
    const taken = this.#hooks.message(data);
    if (taken === undefined) return;
    this.#stalled = true;
    await taken;
    this.#stalled = false;
    this.#heard = true;
  }

  #inflate(opcode, bytes) {
    let data;
    try {
      data = inflate(bytes, this.#limits.maxPayload);
    } catch (error) {
      if (error.code === 'EFBIG') return this.#fail(TOO_BIG, 'the message is too big');
      if (error.code === 'EINVAL') return this.#fail(BAD_DATA, 'the compressed data is damaged');
      throw error;
    }
    if (opcode === TEXT) data = text(data);
    if (data === null) return this.#fail(BAD_DATA, 'the text is not UTF-8');
    return this.#deliver(data);
  }

  #onControl([kind, a, b]) {
    switch (kind) {
      case PING:
        this.#answer(a);
        this.#hooks.ping?.(a);
        break;
      case PONG:
        this.#hooks.pong?.(a);
        break;
      case CLOSE:
        this.#gotClose = true;
        this.#code = a;
        this.#reason = b;
        this.#sendClose(a, '');
        break;
      default:
        this.#fail(a, b);
    }
  }

  // A peer that sends pings and does not read gets the answer to the last only
  // (RFC 6455, 5.5.3).
  #answer(payload) {
    this.#pong = payload;
    if (!this.#ponging) this.#answerNext();
  }

  async #answerNext() {
    this.#ponging = true;
    while (this.#pong !== null && !this.#sentClose) {
      const payload = this.#pong;
      this.#pong = null;
      try {
        await this.#write(frame(PONG, payload, this.#client, false));
      } catch {
        break;
      }
    }
    this.#ponging = false;
  }

  // ---- sending ----

  /** Sends a string or bytes: fulfilled when the kernel has them. */
  send(data) {
    const isText = typeof data === 'string';
    if (!isText && !isBytes(data)) {
      throw new TypeError('send: expected a string, an ArrayBuffer, a typed array or a DataView');
    }
    if (this.#state !== OPEN) return rejected(makeError(EPIPE, 'send', 'the WebSocket is closed or closing'));
    const size = isText ? data.length : data.byteLength;
    const { maxQueued, overflow } = this.#limits;
    if (this.#queued > 0 && this.#queued + size > maxQueued) {
      const error = makeError(ENOBUFS, 'send', `more than ${maxQueued} bytes (maxQueued) would wait for the peer`);
      if (overflow === 'close') {
        this.#error ??= error;
        this.close(TRY_LATER, 'messages are not read');
      }
      return rejected(error);
    }
    const small = this.#deflates && size >= MIN_DEFLATE ? this.#tryDeflate(data) : null;
    return this.#write(frame(isText ? TEXT : BINARY, small ?? data, this.#client, small !== null));
  }

  // null when the sandbox has too many encoders in use.
  #tryDeflate(data) {
    try {
      return deflate(data);
    } catch (error) {
      if (error.code === 'EAGAIN') return null;
      throw error;
    }
  }

  #write(bytes) {
    const size = bytes.length;
    this.#queued += size;
    const written = this.#conn.write(bytes).then(
      () => {
        this.#queued -= size;
      },
      (error) => {
        this.#queued -= size;
        this.terminate(error);
        throw error;
      },
    );
    written.catch(ignore);
    return written;
  }

  control(isPing, payload) {
    if (typeof payload !== 'string' && !isBytes(payload)) throw new TypeError('ping, pong: expected a string or bytes');
    const bytes = frame(isPing ? PING : PONG, payload, this.#client, false);
    if (bytes.length > (this.#client ? 131 : 127)) throw new RangeError('ping, pong: the payload is longer than 125 bytes');
    if (this.#state !== OPEN) return rejected(makeError(EPIPE, 'send', 'the WebSocket is closed or closing'));
    if (this.#queued > this.#limits.maxQueued) return rejected(makeError(ENOBUFS, 'send', 'too much waits for the peer'));
    return this.#write(bytes);
  }

  // ---- the end ----

  /** Starts the closing handshake; throws on a code or reason that must not be sent. */
  close(code = undefined, reason = '') {
    const bytes = code === NO_STATUS ? null : closeFrame(code ?? NO_STATUS, reason, this.#client);
    if (bytes === null) {
      throw new RangeError(`close: code ${code} must not be sent, or the reason is longer than 123 bytes or has no code`);
    }
    if (this.#state === OPEN) this.#sendClose(code ?? NO_STATUS, reason, bytes);
  }

  #sendClose(code, reason, bytes = closeFrame(code, reason, this.#client)) {
    if (this.#state === CLOSED) return;
    this.#state = CLOSING;
    this.#stopIdle();
    if (this.#closeTimer === 0) {
      this.#closeTimer = timerStart(() => this.terminate(null), this.#limits.closeTimeout, false, undefined);
    }
    if (this.#sentClose) return;
    this.#sentClose = true;
    this.#write(bytes);
  }

  #fail(code, reason) {
    if (this.#failed) return;
    this.#failed = true;
    this.#error ??= Object.assign(new Error(`WebSocket: ${reason}`), { code: 'ERR_WEBSOCKET', closeCode: code });
    this.#sendClose(code, reason);
  }

  // Whoever closes with bytes unread resets the connection, and the peer may
  // then never see the close frame: wait for its end, but not for long. The
  // server ends first (RFC 6455, 7.1.1).
  async #linger() {
    if (!this.#sentClose || this.#failed || !this.#client) this.#conn.end().catch(ignore);
    if (!this.#sentClose) return;
    for (let total = 0; total < MAX_LINGER; ) {
      const chunk = await this.#conn.read();
      if (chunk === null) return;
      total += chunk.length;
    }
  }

  /** Drops the connection without a handshake. */
  terminate(error) {
    this.#error ??= error;
    this.#finish();
  }

  #finish() {
    if (this.#state === CLOSED) return;
    this.#state = CLOSED;
    this.#stopIdle();
    if (this.#closeTimer !== 0) timerStop(this.#closeTimer);
    this.#conn.close();
    const clean = this.#gotClose && this.#sentClose;
    this.#hooks.close({ code: this.#code, reason: this.#reason, clean, error: clean && !this.#failed ? null : this.#error });
  }

  // ---- silence ----

  #tick() {
    if (this.#stalled) return;
    if (!this.#heard) {
      const { idleTimeout } = this.#limits;
      this.terminate(makeError(ETIMEDOUT, 'read', `the peer did not answer a ping within ${idleTimeout} ms`));
      return;
    }
    this.#heard = false;
    if (this.#queued <= this.#limits.maxQueued) this.#write(frame(PING, '', this.#client, false));
  }

  #stopIdle() {
    if (this.#idleTimer !== 0) timerStop(this.#idleTimer);
    this.#idleTimer = 0;
  }
}

const MAX_MESSAGE = 64 << 20;

function limit(options, name, fallback, max) {
  const value = options[name] ?? fallback;
  if (!(typeof value === 'number' && value >= 0 && value <= max)) {
    throw new RangeError(`${name} must be from 0 to ${max}, got ${String(value)}`);
  }
  return Math.floor(value);
}

/** Checks the options that both sides have. */
export function limitsOf(options, maxPayload) {
  const overflow = options.overflow ?? 'close';
  if (overflow !== 'close' && overflow !== 'reject') throw new TypeError(`overflow is 'close' or 'reject', got ${String(overflow)}`);
  return {
    maxPayload: limit(options, 'maxPayload', maxPayload, MAX_MESSAGE),
    maxQueued: limit(options, 'maxQueued', 4 << 20, 16 << 20),
    overflow,
    closeTimeout: limit(options, 'closeTimeout', 5000, 0x7fffffff),
    idleTimeout: limit(options, 'idleTimeout', 30_000, 0x7fffffff),
    handshakeTimeout: limit(options, 'handshakeTimeout', 10_000, 0x7fffffff),
  };
}
