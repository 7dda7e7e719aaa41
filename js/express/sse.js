/** Server-sent events (HTML standard, section 9.2). */

// A client that does not read this much is let go.
const MAX_QUEUED = 1 << 20;

function checkLine(text, what) {
  const line = String(text);
  if (/[\r\n\0]/.test(line)) throw new TypeError(`sse: ${what} must be one line`);
  return line;
}

const lines = (prefix, text) => text.split(/\r\n|[\r\n]/).map((line) => `${prefix}${line}\n`).join('');

/** One client that listens. */
export class EventStream {
  #res;
  #timer;
  #maxQueued;

  constructor(req, res, { heartbeat, maxQueued }) {
    this.#res = res;
    this.#maxQueued = maxQueued;
    /** The last event that the client has seen; '' at first. */
    this.lastEventId = req.getHeader('last-event-id') ?? '';
    /** Settles when the client is gone or close() was called. */
    this.closed = new Promise((resolve) => {
      res.once('close', () => {
        clearInterval(this.#timer);
        resolve();
      });
    });
    // It ended its side of the connection: nobody listens any more.
    req.once('close', () => {
      if (req.aborted) res.destroy();
    });
    if (heartbeat > 0) this.#timer = setInterval(() => this.comment(''), heartbeat);
  }

  get isOpen() {
    return !this.#res.writableEnded && !this.#res.destroyed;
  }

  /**
   * Sends an event. Data that is no string is sent as JSON.
   *
   * @returns true, or a promise that settles when the client has caught up;
   *   false when it is gone.
   */
  send(data, { event, id, retry } = {}) {
    let text = '';
    if (event !== undefined) text += `event: ${checkLine(event, 'event')}\n`;
    if (id !== undefined) text += `id: ${checkLine(id, 'id')}\n`;
    if (retry !== undefined) text += `retry: ${Math.floor(retry)}\n`;
    text += lines('data: ', typeof data === 'string' ? data : (JSON.stringify(data) ?? ''));
    return this.#write(`${text}\n`);
  }

  /** A line that clients ignore. */
  comment(text) {
    return this.#write(`${lines(': ', String(text))}\n`);
  }

  #write(text) {
    if (!this.isOpen) return false;
    if (this.#res.writableLength > this.#maxQueued) {
      this.#res.destroy();
      return false;
    }
    return this.#res.write(text);
  }

  close() {
    clearInterval(this.#timer);
    if (this.isOpen) this.#res.end();
  }
}

/** Starts an event stream as the response. heartbeat: milliseconds between comments that keep it alive. */
export function openEvents(req, res, { heartbeat = 15000, retry, maxQueued = MAX_QUEUED } = {}) {
  res.statusCode = 200;
  res.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  res.setHeader('Cache-Control', 'no-cache, no-transform');
  res.setHeader('X-Accel-Buffering', 'no'); // for proxies that collect
  res.flushHeaders();
  const events = new EventStream(req, res, { heartbeat, maxQueued });
  if (retry !== undefined) res.write(`retry: ${Math.floor(retry)}\n\n`);
  return events;
}

/** A handler that opens an event stream: sse((events, req, res) => …, options). */
export function sse(handler, options) {
  if (typeof handler !== 'function') throw new TypeError('sse needs a function');
  return function handleEvents(req, res) {
    return handler(res.sse(options), req, res);
  };
}
