/**
 * performance: https://www.w3.org/TR/hr-time-3/
 *
 * The engine has a monotonic clock, but its timeOrigin is on that clock and
 * not the Unix time that the standard asks for.
 */

import { finishInterface } from 'wqjs:internal/globals/idl';
import { now } from 'wqjs:internal/globals/primordials';
import { timeOrigin } from 'wqjs:internal/native';

const TOKEN = {};

class Performance {
  #brand = true;

  constructor(token) {
    if (token !== TOKEN) throw new TypeError('Performance: illegal constructor');
  }

  /** Milliseconds since the sandbox started. */
  now() {
    this.#brand;
    return now();
  }

  /** The Unix time of the start in milliseconds. */
  get timeOrigin() {
    this.#brand;
    return timeOrigin(); // that of the sandbox, also if its image has read it
  }

  toJSON() {
    return { timeOrigin: this.timeOrigin };
  }
}

finishInterface(Performance, 'Performance');

export const performance = new Performance(TOKEN);
