/** Content codings that the host offers. */

import { encoderClose, encoderOpen, encoderWrite, encodings } from 'wqjs:internal/native';

const CHUNK = 256 * 1024;
const FLUSH = 1;
const FINISH = 2;

let known;

/** The names of the codings, "br" first where there is one. */
export function codings() {
  known ??= encodings().split(',').sort((a, b) => (b === 'br') - (a === 'br') || (b === 'gzip') - (a === 'gzip'));
  return known;
}

const view = (data) => (ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data));

/** A stream of one coding. It must be finished or closed: the host keeps a few at a time. */
export class Encoder {
  #id;

  constructor(name, level = -1) {
    this.#id = encoderOpen(name, level);
  }

  /** Encodes a string or bytes, and gives what came out, piece by piece. */
  *write(data, flush = false) {
    yield* this.#encode(data, flush ? FLUSH : 0);
  }

  /** Ends the stream. */
  *finish(data = '') {
    yield* this.#encode(data, FINISH);
    this.#id = -1;
  }

  *#encode(data, mode) {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : view(data);
    for (let at = 0; ; at += CHUNK) {
      const isLast = at + CHUNK >= bytes.length;
      const out = encoderWrite(this.#id, bytes.subarray(at, at + CHUNK), isLast ? mode : 0);
      if (out.length > 0) yield out;
      if (isLast) return;
    }
  }

  close() {
    if (this.#id >= 0) encoderClose(this.#id);
    this.#id = -1;
  }
}
