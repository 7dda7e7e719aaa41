/**
 * AbortController and AbortSignal:
 * https://dom.spec.whatwg.org/#aborting-ongoing-activities
 *
 * A signal made by any() is held by its sources only weakly, unless somebody
 * listens to it: combining one long-lived signal with one of each request does
 * not pile up. The same goes for timeout(), whose timer dies with its signal
 * and never keeps the program running.
 */

import { timerRef, timerStart, timerStop } from 'wqjs:internal/native';
import { Event } from 'wqjs:internal/globals/event';
import {
  connectSignals,
  countListeners,
  dispatchTrusted,
  EventTarget,
  getHandler,
  reportError,
  setHandler,
  watchListeners,
} from 'wqjs:internal/globals/eventtarget';
import { finishInterface, requireArguments } from 'wqjs:internal/globals/idl';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import {
  deref,
  DOMException,
  Set,
  setAdd,
  setDelete,
  setForEach,
  setSize,
  WeakRef,
} from 'wqjs:internal/globals/primordials';

const TOKEN = {};
const MAX_TIMEOUT = 0x7fffffff;
// Signals with a running timeout that somebody waits for.
const awaited = new Set();
const timeouts = new FinalizationRegistry((id) => timerStop(id));

let abort;
let isSignal;
let subscribe;
let makeTimeout;
let combine;

export class AbortSignal extends EventTarget {
  #aborted = false;
  #reason = undefined;
  // Callbacks of the library, run before the event.
  #algorithms = new Set();
  // The signals that abort this one; null when it is no dependent signal.
  #sources = null;
  // Weak references to the signals that this one aborts, and those of them
  // that somebody waits for.
  #dependents = [];
  #nextSweep = 8;
  #held = new Set();
  #hasTimer = false;

  static {
    const updateHold = (signal) => signal.#updateHold();

    isSignal = (value) => typeof value === 'object' && value !== null && #aborted in value;

    abort = (signal, reason) => {
      if (signal.#aborted) return;
      if (reason === undefined) reason = new DOMException('This operation was aborted', 'AbortError');
      const all = [signal];
      signal.#settle(reason);
      for (let i = 0; i < signal.#dependents.length; i++) {
        const dependent = deref(signal.#dependents[i]);
        if (dependent === undefined || dependent.#aborted) continue;
        dependent.#settle(reason);
        all[all.length] = dependent;
      }
      signal.#dependents = [];
      for (let i = 0; i < all.length; i++) all[i].#notify();
    };

    subscribe = (signal, callback) => {
      if (signal.#aborted) return () => {};
      const algorithm = { callback };
      setAdd(signal.#algorithms, algorithm);
      signal.#updateHold();
      return () => {
        if (setDelete(signal.#algorithms, algorithm)) signal.#updateHold();
      };
    };

    makeTimeout = (delay) => {
      const signal = new AbortSignal(TOKEN);
      const reference = new WeakRef(signal);
      const fire = () => {
        const live = deref(reference);
        if (live === undefined) return;
        live.#hasTimer = false;
        abort(live, new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
      };
      const id = timerStart(fire, delay, false, undefined);
      timerRef(id, false);
      timeouts.register(signal, id);
      signal.#hasTimer = true;
      watchListeners(signal, updateHold);
      return signal;
    };

    combine = (signals) => {
      const result = new AbortSignal(TOKEN);
      for (let i = 0; i < signals.length; i++) {
        if (!signals[i].#aborted) continue;
        result.#settle(signals[i].#reason);
        return result;
      }
      const sources = new Set();
      for (let i = 0; i < signals.length; i++) {
        // The sources of a dependent signal take its place.
        if (signals[i].#sources === null) setAdd(sources, signals[i]);
        else setForEach(signals[i].#sources, (source) => setAdd(sources, source));
      }
      result.#sources = sources;
      const reference = new WeakRef(result);
      setForEach(sources, (source) => source.#addDependent(reference));
      watchListeners(result, updateHold);
      return result;
    };
  }

  constructor(token) {
    if (token !== TOKEN) throw new TypeError('AbortSignal: illegal constructor');
    super();
  }

  #settle(reason) {
    this.#aborted = true;
    this.#reason = reason;
  }

  #notify() {
    const algorithms = this.#algorithms;
    this.#algorithms = new Set();
    setForEach(algorithms, ({ callback }) => {
      try {
        callback();
      } catch (error) {
        reportError(error);
      }
    });
    dispatchTrusted(this, new Event('abort'));
    this.#updateHold();
  }

  // Drops references to signals that are gone whenever the list has doubled.
  #addDependent(reference) {
    if (this.#dependents.length >= this.#nextSweep) {
      const live = [];
      for (let i = 0; i < this.#dependents.length; i++) {
        if (deref(this.#dependents[i]) !== undefined) live[live.length] = this.#dependents[i];
      }
      this.#dependents = live;
      this.#nextSweep = live.length * 2 + 8;
    }
    this.#dependents[this.#dependents.length] = reference;
  }

  // Keeps this signal alive while somebody waits for it and it can still abort.
  #updateHold() {
    const waiting =
      !this.#aborted &&
      (countListeners(this, 'abort') > 0 || setSize(this.#algorithms) > 0 || setSize(this.#held) > 0);
    if (this.#hasTimer && waiting) setAdd(awaited, this);
    else setDelete(awaited, this);
    if (this.#sources === null) return;
    setForEach(this.#sources, (source) => {
      if (waiting) setAdd(source.#held, this);
      else setDelete(source.#held, this);
      source.#updateHold();
    });
    if (this.#aborted) this.#sources = null;
  }

  static abort(reason = undefined) {
    const signal = new AbortSignal(TOKEN);
    abort(signal, reason);
    return signal;
  }

  static timeout(milliseconds) {
    requireArguments('AbortSignal.timeout', arguments.length, 1);
    const delay = +milliseconds;
    if (!(delay >= 0 && delay <= Number.MAX_SAFE_INTEGER)) {
      throw new TypeError('AbortSignal.timeout: the delay must be a number of milliseconds, 0 or more');
    }
    // Longer delays than the timers can do (24 days) are cut.
    return makeTimeout(delay < MAX_TIMEOUT ? delay | 0 : MAX_TIMEOUT);
  }

  static any(signals) {
    requireArguments('AbortSignal.any', arguments.length, 1);
    const list = [...signals];
    for (let i = 0; i < list.length; i++) {
      if (!isSignal(list[i])) throw new TypeError('AbortSignal.any: each entry must be an AbortSignal');
    }
    return combine(list);
  }

  get aborted() {
    return this.#aborted;
  }

  get reason() {
    return this.#reason;
  }

  throwIfAborted() {
    if (this.#aborted) throw this.#reason;
  }

  get onabort() {
    this.#aborted;
    return getHandler(this, 'abort');
  }

  set onabort(value) {
    this.#aborted;
    setHandler(this, 'abort', value);
  }

  [customInspect](depth, options, inspect) {
    if (depth < 0) return '[AbortSignal]';
    const state = this.#aborted ? { aborted: true, reason: this.#reason } : { aborted: false };
    return `AbortSignal ${inspect(state, options)}`;
  }
}

export class AbortController {
  #signal = new AbortSignal(TOKEN);

  get signal() {
    return this.#signal;
  }

  abort(reason = undefined) {
    abort(this.#signal, reason);
  }

  [customInspect](depth, options, inspect) {
    return depth < 0 ? '[AbortController]' : `AbortController ${inspect({ signal: this.#signal }, options)}`;
  }
}

finishInterface(AbortSignal, 'AbortSignal');
finishInterface(AbortController, 'AbortController');

/**
 * Runs a callback when the signal aborts, before its event; returns a function
 * that takes it back. Does nothing for a signal that is aborted already.
 */
export function onAbort(signal, callback) {
  return subscribe(signal, callback);
}

connectSignals({ check: isSignal, onAbort });
