/**
 * setTimeout and friends over the host's timer heap.
 *
 * Handles are plain positive numbers, as in browsers. See
 * https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers;
 * strings are not evaluated.
 */

import { timerStart, timerStop } from 'wqjs:internal/native';

const MAX_DELAY = 0x7fffffff;

function start(name, callback, delay, repeat, args) {
  if (typeof callback !== 'function') {
    throw new TypeError(`${name}: the callback must be a function`);
  }
  delay = +delay;
  // NaN and negative mean at once; what 32 bits cannot hold is 1 ms, as in Node.
  if (!(delay >= 1)) delay = 0;
  else if (delay > MAX_DELAY) delay = 1;
  return timerStart(callback, delay | 0, repeat, args.length > 0 ? args : undefined);
}

// Handles of other kinds (undefined, objects that convert to a number) are
// taken as well; an unknown handle is not an error.
function stop(handle) {
  if (handle === undefined || handle === null) return;
  const id = +handle;
  if (id >= 1 && id <= MAX_DELAY) timerStop(id | 0);
}

export const timers = {
  setTimeout(callback, delay = 0, ...args) {
    return start('setTimeout', callback, delay, false, args);
  },
  setInterval(callback, delay = 0, ...args) {
    return start('setInterval', callback, delay, true, args);
  },
  setImmediate(callback, ...args) {
    return start('setImmediate', callback, 0, false, args);
  },
  clearTimeout(handle) {
    stop(handle);
  },
  clearInterval(handle) {
    stop(handle);
  },
  clearImmediate(handle) {
    stop(handle);
  },
};
