/**
 * WebSocket, MessageEvent, CloseEvent: https://websockets.spec.whatwg.org/
 *
 * There are no Blobs here: binary messages are ArrayBuffers.
 */

import { Event } from 'wqjs:internal/globals/event';
import { dispatchTrusted, EventTarget, getHandler, setHandler } from 'wqjs:internal/globals/eventtarget';
import { finishInterface, requireArguments, toUSVString } from 'wqjs:internal/globals/idl';
import { DOMException, toLowerCase } from 'wqjs:internal/globals/primordials';
import { URL } from 'wqjs:internal/globals/url';
import { Channel, CLOSED, CLOSING, CONNECTING, limitsOf, OPEN } from 'wqjs:internal/ws/channel';
import { openClient } from 'wqjs:internal/ws/client';
import { isToken } from 'wqjs:internal/ws/header';
import { closeFrame } from 'wqjs:internal/ws-native';

const MAX_PAYLOAD = 16 << 20;

export class MessageEvent extends Event {
  #data;
  #origin;
  #lastEventId;

  constructor(type, options = undefined) {
    requireArguments('MessageEvent constructor', arguments.length, 1);
    super(type, options);
    this.#data = options?.data ?? null;
    this.#origin = `${options?.origin ?? ''}`;
    this.#lastEventId = `${options?.lastEventId ?? ''}`;
  }

  get data() {
    return this.#data;
  }

  get origin() {
    return this.#origin;
  }

  get lastEventId() {
    return this.#lastEventId;
  }
}

export class CloseEvent extends Event {
  #wasClean;
  #code;
  #reason;

  constructor(type, options = undefined) {
    requireArguments('CloseEvent constructor', arguments.length, 1);
    super(type, options);
    this.#wasClean = !!options?.wasClean;
    this.#code = (options?.code ?? 0) & 0xffff;
    this.#reason = `${options?.reason ?? ''}`;
  }

  get wasClean() {
    return this.#wasClean;
  }

  get code() {
    return this.#code;
  }

  get reason() {
    return this.#reason;
  }
}

function urlOf(text) {
  const url = URL.parse(text);
  if (url === null) throw new DOMException(`WebSocket: ${text} is not a URL`, 'SyntaxError');
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new DOMException(`WebSocket: ${url.protocol} is neither ws: nor wss:`, 'SyntaxError');
  }
  url.hash = '';
  return url;
}

function protocolsOf(value) {
  const list = typeof value === 'string' ? [value] : Array.from(value, (item) => `${item}`);
  const seen = new Set(list.map((name) => toLowerCase(name)));
  if (seen.size !== list.length || !list.every(isToken)) {
    throw new DOMException('WebSocket: the protocols must be different tokens', 'SyntaxError');
  }
  return list;
}

export class WebSocket extends EventTarget {
  #url;
  #protocol = '';
  #extensions = '';
  #binaryType = 'arraybuffer';
  #channel = null;
  #abort = new AbortController();
  #closed = false;
  #late = 0; // what was sent when nothing could be

  constructor(url, protocols = [], options = {}) {
    requireArguments('WebSocket constructor', arguments.length, 1);
    super();
    this.#url = urlOf(toUSVString(url));
    const list = protocolsOf(protocols);
    const limits = limitsOf(options, MAX_PAYLOAD);
    this.#open(list, options, limits);
  }

  async #open(protocols, { headers, tls, perMessageDeflate = true }, limits) {
    let opened;
    const { signal } = this.#abort;
    try {
      opened = await openClient(this.#url, protocols, { headers, tls, perMessageDeflate, timeout: limits.handshakeTimeout, signal });
    } catch (error) {
      this.#onClose({ code: 1006, reason: '', clean: false, error });
      return;
    }
    if (signal.aborted) {
      opened.conn.close();
      this.#onClose({ code: 1006, reason: '', clean: false, error: signal.reason });
      return;
    }
    this.#protocol = opened.protocol;
    this.#extensions = opened.extensions;
    this.#channel = new Channel(opened.conn, true, opened.deflates, limits, {
      message: (data) => this.#onMessage(data),
      close: (end) => this.#onClose(end),
    });
    dispatchTrusted(this, new Event('open'));
    this.#channel.run(opened.head);
  }

  #onMessage(data) {
    const value = typeof data === 'string' ? data : data.buffer;
    dispatchTrusted(this, new MessageEvent('message', { data: value, origin: `${this.#url.protocol}//${this.#url.host}` }));
  }

  // An error event carries no reason to pages; here it does.
  #onClose({ code, reason, clean, error }) {
    this.#closed = true;
    if (error !== null) {
      const event = new Event('error');
      event.error = error;
      event.message = `${error?.message ?? error}`;
      dispatchTrusted(this, event);
    }
    dispatchTrusted(this, new CloseEvent('close', { code, reason, wasClean: clean }));
  }

  send(data) {
    requireArguments('WebSocket.send', arguments.length, 1);
    if (this.readyState === CONNECTING) throw new DOMException('WebSocket.send: still connecting', 'InvalidStateError');
    if (typeof data !== 'string' && !ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer)) data = `${data}`;
    if (this.readyState !== OPEN) this.#late += typeof data === 'string' ? data.length : data.byteLength;
    else this.#channel.send(data);
  }

  close(code = undefined, reason = '') {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`WebSocket.close: the code must be 1000 or from 3000 to 4999, got ${code}`, 'InvalidAccessError');
    }
    reason = toUSVString(reason);
    if (code === undefined && reason !== '') code = 1000;
    if (closeFrame(code ?? 1005, reason, false) === null) {
      throw new DOMException('WebSocket.close: the reason is longer than 123 bytes', 'SyntaxError');
    }
    if (this.#closed) return;
    if (this.#channel === null) this.#abort.abort(new DOMException('closed before it was open', 'AbortError'));
    else this.#channel.close(code, reason);
  }

  get url() {
    return this.#url.href;
  }

  get readyState() {
    if (this.#closed) return CLOSED;
    if (this.#channel === null) return this.#abort.signal.aborted ? CLOSING : CONNECTING;
    return this.#channel.state;
  }

  get bufferedAmount() {
    return (this.#channel?.bufferedAmount ?? 0) + this.#late;
  }

  get protocol() {
    return this.#protocol;
  }

  get extensions() {
    return this.#extensions;
  }

  get binaryType() {
    return this.#binaryType;
  }

  set binaryType(value) {
    if (value !== 'arraybuffer') throw new DOMException('WebSocket: binaryType is always "arraybuffer"', 'NotSupportedError');
  }

  get onopen() {
    return getHandler(this, 'open');
  }

  set onopen(value) {
    setHandler(this, 'open', value);
  }

  get onmessage() {
    return getHandler(this, 'message');
  }

  set onmessage(value) {
    setHandler(this, 'message', value);
  }

  get onerror() {
    return getHandler(this, 'error');
  }

  set onerror(value) {
    setHandler(this, 'error', value);
  }

  get onclose() {
    return getHandler(this, 'close');
  }

  set onclose(value) {
    setHandler(this, 'close', value);
  }
}

finishInterface(MessageEvent, 'MessageEvent');
finishInterface(CloseEvent, 'CloseEvent');
finishInterface(WebSocket, 'WebSocket', { CONNECTING, OPEN, CLOSING, CLOSED });
