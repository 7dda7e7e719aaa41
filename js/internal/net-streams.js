/**
 * conn.readable and conn.writable: the part of ReadableStream and
 * WritableStream (https://streams.spec.whatwg.org/) that programs use most, by
 * the same names, so that real streams can take their place. There are no
 * locks yet; each reader and writer speaks to the connection itself.
 */

import { cancelReading } from 'wqjs:internal/net-conn';

export class ReadableSide {
  #conn;

  constructor(conn) {
    this.#conn = conn;
  }

  getReader() {
    const conn = this.#conn;
    const steps = conn[Symbol.asyncIterator]();
    return {
      read: () => steps.next(),
      cancel: () => this.cancel(),
      releaseLock() {},
    };
  }

  /** Nothing more is read: reads give the end. */
  async cancel() {
    cancelReading(this.#conn);
  }

  /** Leaving the loop early cancels, unless preventCancel is set. */
  values({ preventCancel = false } = {}) {
    const steps = this.#conn[Symbol.asyncIterator]();
    return {
      next: () => steps.next(),
      return: async (value) => {
        if (!preventCancel) await this.cancel();
        return { value, done: true };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  [Symbol.asyncIterator]() {
    return this.values();
  }
}

export class WritableSide {
  #conn;

  constructor(conn) {
    this.#conn = conn;
  }

  getWriter() {
    const conn = this.#conn;
    let ready = Promise.resolve();
    return {
      write(chunk) {
        const written = conn.write(chunk).then(() => {});
        ready = written.catch(() => {});
        return written;
      },
      // Settles when what was written has left: there is room again.
      get ready() {
        return ready;
      },
      close: () => this.close(),
      abort: () => this.abort(),
      releaseLock() {},
    };
  }

  /** Half-closes the connection after what was written. */
  async close() {
    return this.#conn.end();
  }

  async abort() {
    this.#conn.close();
  }
}
