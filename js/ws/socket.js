/** ServerSocket: the server's side of a WebSocket, on events or as an async iterable. */

import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import { Channel, CLOSED } from 'wqjs:internal/ws/channel';
import { emit, Emitter, listens, print } from 'wqjs:internal/ws/emitter';

/** Only a server makes sockets. */
export const TOKEN = {};

export let whenClosed;

export class ServerSocket extends Emitter {
  #channel;
  #request;
  #protocol;
  #waiting = null; // a message that nobody has taken: { data, taken, resolve }
  #reader = null; // { promise, resolve } of an iterator that waits
  #end = null;
  #onEnd = () => {};

  static {
    whenClosed = (socket, callback) => {
      socket.#onEnd = callback;
    };
  }

  constructor(token, { conn, request, head, protocol, deflates, limits }) {
    if (token !== TOKEN) throw new TypeError('ServerSocket: use a WebSocketServer or upgrade()');
    super();
    this.#request = request;
    this.#protocol = protocol;
    this.#channel = new Channel(conn, false, deflates, limits, {
      message: (data) => this.#onMessage(data),
      ping: (bytes) => this.#emit('ping', bytes),
      pong: (bytes) => this.#emit('pong', bytes),
      close: (end) => this.#onClose(end),
    });
    this.#channel.run(head);
  }

  // An error of a listener ends the connection: there is no telling what state it is in.
  #emit(name, ...args) {
    return emit(this, name, args, (error) => this.#broken(error));
  }

  #broken(error) {
    if (!emit(this, 'error', [error], (second) => print('error listener', second))) print('listener', error);
    this.close(1011, 'internal error');
  }

  // ---- messages ----

  // Without a listener the message waits for an iterator or a listener, and with
  // it all that the peer sends after it.
  #onMessage(data) {
    if (listens(this, 'message')) {
      this.#emit('message', data);
      return undefined;
    }
    const reader = this.#reader;
    if (reader !== null) {
      this.#reader = null;
      reader.resolve({ value: data, done: false });
      return undefined;
    }
    this.#waiting = { data, ...Promise.withResolvers() };
    return this.#waiting.promise;
  }

  #takeWaiting() {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting.resolve();
    return waiting.data;
  }

  on(name, listener) {
    super.on(name, listener);
    if (name === 'message' && this.#waiting !== null) this.#emit('message', this.#takeWaiting());
    return this;
  }

  once(name, listener) {
    super.once(name, listener);
    if (name === 'message' && this.#waiting !== null) this.#emit('message', this.#takeWaiting());
    return this;
  }

  async #next() {
    while (this.#reader !== null) await this.#reader.promise;
    if (this.#waiting !== null) return { value: this.#takeWaiting(), done: false };
    if (this.#end !== null) return { value: undefined, done: true };
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  [Symbol.asyncIterator]() {
    return {
      next: () => this.#next(),
      return: async (value) => {
        this.close();
        return { value, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  // ---- sending ----

  send(data) {
    return this.#channel.send(data);
  }

  ping(data = '') {
    return this.#channel.control(true, data);
  }

  pong(data = '') {
    return this.#channel.control(false, data);
  }

  // ---- the end ----

  close(code = undefined, reason = '') {
    this.#channel.close(code, reason);
    // A message that nobody took would keep the peer's close frame from being read.
    this.#waiting?.resolve();
  }

  terminate() {
    this.#channel.terminate(null);
  }

  #onClose(end) {
    this.#end = end;
    this.#waiting?.resolve();
    this.#reader?.resolve({ value: undefined, done: true });
    this.#reader = null;
    if (end.error !== null) emit(this, 'error', [end.error], (error) => print('error listener', error));
    emit(this, 'close', [end.code, end.reason], (error) => print('close listener', error));
    this.#onEnd(this);
  }

  // ---- state ----

  get request() {
    return this.#request;
  }

  get protocol() {
    return this.#protocol;
  }

  get readyState() {
    return this.#channel.state;
  }

  get bufferedAmount() {
    return this.#channel.bufferedAmount;
  }

  get closeCode() {
    return this.#end?.code ?? null;
  }

  get closeReason() {
    return this.#end?.reason ?? '';
  }

  get [Symbol.toStringTag]() {
    return 'ServerSocket';
  }

  [customInspect](depth, options, show) {
    if (depth < 0) return '[ServerSocket]';
    const state = this.readyState === CLOSED ? { closeCode: this.closeCode } : {};
    return `ServerSocket ${show({ readyState: this.readyState, protocol: this.protocol, ...state }, options)}`;
  }
}
