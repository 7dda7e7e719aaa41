/**
 * EventTarget: https://dom.spec.whatwg.org/#interface-eventtarget
 *
 * There is no tree here: an event is dispatched at its target alone, first to
 * capturing listeners, then to the others. What a listener throws is reported
 * as an uncaught error and does not stop the dispatch.
 */

import { control } from 'wqjs:internal/globals/event';
import { finishInterface, requireArguments } from 'wqjs:internal/globals/idl';
import {
  apply,
  DOMException,
  Map,
  mapDelete,
  mapGet,
  mapSet,
  queueMicrotask,
} from 'wqjs:internal/globals/primordials';

/** Lets the host report an error as uncaught, once the running code is done. */
export function reportError(error) {
  queueMicrotask(() => {
    throw error;
  });
}

// How abort.js takes part: { check(value), onAbort(signal, callback) }.
let signals = null;

/** Called by the module of AbortSignal, which builds on this one. */
export function connectSignals(hooks) {
  signals = hooks;
}

function listenerOptions(options) {
  if (typeof options === 'object' && options !== null) {
    const { capture, once, passive, signal } = options;
    return { capture: !!capture, once: !!once, passive: !!passive, signal };
  }
  return { capture: !!options, once: false, passive: false, signal: undefined };
}

let internals;

export class EventTarget {
  // Lists of listeners by type. A list is never changed but replaced, so that
  // a running dispatch sees those that were there at its start.
  #listeners = new Map();
  // The listeners behind `on…` attributes by type.
  #handlers = null;
  // Called with this target when its listeners have changed.
  #onchange = null;

  static {
    internals = {
      add: (target, type, listener) => target.#add(type, listener),
      dispatch: (target, event, isTrusted) => target.#dispatch(event, isTrusted),
      count: (target, type) => mapGet(target.#listeners, type)?.length ?? 0,
      watch(target, onchange) {
        target.#onchange = onchange;
      },
      handlers: (target) => (target.#handlers ??= new Map()),
      remove: (target, type, listener) => target.#remove(type, listener),
    };
  }

  #add(type, listener) {
    const list = mapGet(this.#listeners, type) ?? [];
    for (let i = 0; i < list.length; i++) {
      if (list[i].callback === listener.callback && list[i].capture === listener.capture) return;
    }
    const copy = [];
    for (let i = 0; i < list.length; i++) copy[i] = list[i];
    copy[copy.length] = listener;
    mapSet(this.#listeners, type, copy);
    if (listener.signal !== undefined) {
      listener.cleanup = signals.onAbort(listener.signal, () => this.#remove(type, listener));
    }
    this.#onchange?.(this);
  }

  #remove(type, listener) {
    if (listener.removed) return;
    listener.removed = true;
    listener.cleanup?.();
    const list = mapGet(this.#listeners, type);
    const copy = [];
    for (let i = 0; i < list.length; i++) if (list[i] !== listener) copy[copy.length] = list[i];
    if (copy.length === 0) mapDelete(this.#listeners, type);
    else mapSet(this.#listeners, type, copy);
    this.#onchange?.(this);
  }

  #dispatch(event, isTrusted) {
    const type = control.begin(event, this, isTrusted);
    if (!control.stopped(event)) this.#invokeAll(type, event, true);
    if (!control.stopped(event)) this.#invokeAll(type, event, false);
    return control.end(event);
  }

  #invokeAll(type, event, capture) {
    const list = mapGet(this.#listeners, type) ?? [];
    for (let i = 0; i < list.length && !control.stoppedNow(event); i++) {
      const listener = list[i];
      if (listener.removed || listener.capture !== capture) continue;
      if (listener.once) this.#remove(type, listener);
      control.setPassive(event, listener.passive);
      this.#invoke(listener.callback, event);
    }
  }

  #invoke(callback, event) {
    try {
      if (typeof callback === 'function') apply(callback, this, [event]);
      else {
        const { handleEvent } = callback;
        if (typeof handleEvent !== 'function') throw new TypeError('EventTarget: handleEvent is not a function');
        apply(handleEvent, callback, [event]);
      }
    } catch (error) {
      reportError(error);
    }
  }

  addEventListener(type, callback, options = undefined) {
    requireArguments('EventTarget.addEventListener', arguments.length, 2);
    const { capture, once, passive, signal } = listenerOptions(options);
    if (signal !== undefined && !signals?.check(signal)) {
      throw new TypeError('EventTarget.addEventListener: signal must be an AbortSignal');
    }
    if (callback === null || callback === undefined) return;
    if (typeof callback !== 'function' && typeof callback !== 'object') {
      throw new TypeError('EventTarget.addEventListener: the listener must be a function or an object');
    }
    if (signal?.aborted) return;
    this.#add(`${type}`, { callback, capture, once, passive, signal, removed: false, cleanup: undefined });
  }

  removeEventListener(type, callback, options = undefined) {
    requireArguments('EventTarget.removeEventListener', arguments.length, 2);
    type = `${type}`;
    const { capture } = listenerOptions(options);
    const list = mapGet(this.#listeners, type) ?? [];
    for (let i = 0; i < list.length; i++) {
      if (list[i].callback === callback && list[i].capture === capture) return this.#remove(type, list[i]);
    }
  }

  dispatchEvent(event) {
    requireArguments('EventTarget.dispatchEvent', arguments.length, 1);
    let isBusy;
    try {
      isBusy = control.isDispatching(event);
    } catch {
      throw new TypeError('EventTarget.dispatchEvent: the argument must be an Event');
    }
    if (isBusy) throw new DOMException('The event is being dispatched already', 'InvalidStateError');
    return this.#dispatch(event, false);
  }
}

finishInterface(EventTarget, 'EventTarget');

/** Dispatches an event of the library's own. */
export function dispatchTrusted(target, event) {
  return internals.dispatch(target, event, true);
}

export const { count: countListeners, watch: watchListeners } = internals;

/** The value of an `on…` attribute. */
export function getHandler(target, type) {
  return mapGet(internals.handlers(target), type)?.value ?? null;
}

/** Sets an `on…` attribute; it keeps its place among the listeners until it is unset. */
export function setHandler(target, type, value) {
  const handlers = internals.handlers(target);
  if (typeof value !== 'function' && (typeof value !== 'object' || value === null)) value = null;
  const known = mapGet(handlers, type);
  if (known !== undefined) {
    known.value = value;
    if (value === null) {
      mapDelete(handlers, type);
      internals.remove(target, type, known.listener);
    }
    return;
  }
  if (value === null) return;
  const handler = { value, listener: undefined };
  handler.listener = {
    callback(event) {
      if (typeof handler.value === 'function' && apply(handler.value, this, [event]) === false) event.preventDefault();
    },
    capture: false,
    once: false,
    passive: false,
    signal: undefined,
    removed: false,
    cleanup: undefined,
  };
  mapSet(handlers, type, handler);
  internals.add(target, type, handler.listener);
}
