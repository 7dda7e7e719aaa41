/**
 * Event and CustomEvent: https://dom.spec.whatwg.org/#interface-event
 */

import { finishInterface, requireArguments } from 'wqjs:internal/globals/idl';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import { now } from 'wqjs:internal/globals/primordials';

const NONE = 0;
const AT_TARGET = 2;

// A WebIDL dictionary may be left out but not be a primitive.
function dictionary(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object' && typeof options !== 'function') {
    throw new TypeError('Event: options must be an object');
  }
  return options;
}

/**
 * How a dispatch drives its event; set below, where the private state is:
 * begin(event, target, isTrusted) → type, end(event) → false when canceled,
 * isDispatching(event) (throws for what is no Event), stopped(event),
 * stoppedNow(event), setPassive(event, isPassive).
 */
export let control;

export class Event {
  #type;
  #bubbles;
  #cancelable;
  #composed;
  #timeStamp = now();
  #isTrusted = false;
  #target = null;
  #currentTarget = null;
  #phase = NONE;
  #canceled = false;
  #stopped = false;
  #stoppedNow = false;
  #inPassive = false;
  #dispatching = false;

  static {
    control = {
      begin(event, target, isTrusted) {
        event.#dispatching = true;
        event.#isTrusted = isTrusted;
        event.#target = event.#currentTarget = target;
        event.#phase = AT_TARGET;
        return event.#type;
      },
      end(event) {
        event.#inPassive = event.#dispatching = event.#stopped = event.#stoppedNow = false;
        event.#currentTarget = null;
        event.#phase = NONE;
        return !event.#canceled;
      },
      isDispatching: (event) => event.#dispatching,
      stopped: (event) => event.#stopped,
      stoppedNow: (event) => event.#stoppedNow,
      setPassive(event, isPassive) {
        event.#inPassive = isPassive;
      },
    };
  }

  constructor(type, options = undefined) {
    requireArguments('Event constructor', arguments.length, 1);
    this.#type = `${type}`;
    const { bubbles, cancelable, composed } = dictionary(options);
    this.#bubbles = !!bubbles;
    this.#cancelable = !!cancelable;
    this.#composed = !!composed;
  }

  get type() {
    return this.#type;
  }

  get target() {
    return this.#target;
  }

  get srcElement() {
    return this.#target;
  }

  get currentTarget() {
    return this.#currentTarget;
  }

  get eventPhase() {
    return this.#phase;
  }

  get bubbles() {
    return this.#bubbles;
  }

  get cancelable() {
    return this.#cancelable;
  }

  get composed() {
    return this.#composed;
  }

  get defaultPrevented() {
    return this.#canceled;
  }

  get returnValue() {
    return !this.#canceled;
  }

  set returnValue(value) {
    if (!value && this.#cancelable && !this.#inPassive) this.#canceled = true;
  }

  get cancelBubble() {
    return this.#stopped;
  }

  set cancelBubble(value) {
    if (value) this.#stopped = true;
  }

  get isTrusted() {
    return this.#isTrusted;
  }

  get timeStamp() {
    return this.#timeStamp;
  }

  composedPath() {
    return this.#currentTarget === null ? [] : [this.#currentTarget];
  }

  stopPropagation() {
    this.#stopped = true;
  }

  stopImmediatePropagation() {
    this.#stopped = this.#stoppedNow = true;
  }

  preventDefault() {
    if (this.#cancelable && !this.#inPassive) this.#canceled = true;
  }

  initEvent(type, bubbles = false, cancelable = false) {
    requireArguments('Event.initEvent', arguments.length, 1);
    if (this.#dispatching) return;
    this.#type = `${type}`;
    this.#bubbles = !!bubbles;
    this.#cancelable = !!cancelable;
    this.#canceled = this.#stopped = this.#stoppedNow = this.#isTrusted = false;
    this.#target = null;
  }

  [customInspect](depth, options, inspect) {
    const name = this.constructor?.name ?? 'Event';
    if (depth < 0) return `[${name}]`;
    const { type, target, cancelable, defaultPrevented, timeStamp } = this;
    return `${name} ${inspect({ type, target, cancelable, defaultPrevented, timeStamp }, { ...options, depth: 0 })}`;
  }
}

export class CustomEvent extends Event {
  #detail;

  constructor(type, options = undefined) {
    requireArguments('CustomEvent constructor', arguments.length, 1);
    super(type, options);
    this.#detail = options?.detail ?? null;
  }

  get detail() {
    return this.#detail;
  }

  initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
    if (control.isDispatching(this)) return;
    this.initEvent(type, bubbles, cancelable);
    this.#detail = detail;
  }
}

finishInterface(Event, 'Event', { NONE, CAPTURING_PHASE: 1, AT_TARGET, BUBBLING_PHASE: 3 });
finishInterface(CustomEvent, 'CustomEvent');
