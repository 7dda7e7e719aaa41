/**
 * performance: https://www.w3.org/TR/hr-time-3/
 *
 * The engine has a monotonic clock, but its timeOrigin is on that clock and
 * not the Unix time that the standard asks for.
 */

import { finishInterface } from 'wqjs:internal/globals/idl';
import { now } from 'wqjs:internal/globals/primordials';

const { now: dateNow } = Date;
const TOKEN = {};

class Performance {
  // Found on first use: a clock that was read before an image was taken would
  // tell the time of the image.
  #timeOrigin = undefined;

  constructor(token) {
    if (token !== TOKEN) throw new TypeError('Performance: illegal constructor');
  }

  /** Milliseconds since the sandbox started. */
  now() {
    this.#timeOrigin;
    return now();
  }

  /** The Unix time of the start in milliseconds. */
  get timeOrigin() {
    return (this.#timeOrigin ??= dateNow() - now());
  }

  toJSON() {
    return { timeOrigin: this.timeOrigin };
  }
}

finishInterface(Performance, 'Performance');

export const performance = new Performance(TOKEN);
