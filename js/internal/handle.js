/**
 * What net's objects share: an fd, its watcher, and whether it keeps the
 * program running.
 *
 * The rule is Deno's: an open socket alone does not keep a program alive, only
 * an operation that waits does, unless unref() was called. The fd is watched
 * from the first operation that has to wait until it is closed; events are edge
 * triggered, so every wait must follow an attempt that found nothing.
 */

import { timerStart, watch, watchRef } from 'wqjs:internal/native';
import { close } from 'wqjs:sockets';

/** Bits of an event after which reading, or writing, is worth a try. */
export const READABLE = 0x1 | 0x2 | 0x8 | 0x10 | 0x2000; // IN PRI ERR HUP RDHUP
export const WRITABLE = 0x4 | 0x8 | 0x10; // OUT ERR HUP

export class Handle {
  fd;
  #onEvent;
  #watched;
  #holds; // keeps the program running now
  #ref = true;
  #turn = false; // a turn was asked for and is still to come

  /** onEvent(bits) tries again what waits; watched tells that the fd already is. */
  constructor(fd, onEvent, watched = false) {
    this.fd = fd;
    this.#onEvent = onEvent;
    this.#watched = watched;
    this.#holds = watched;
    if (watched) {
      watch(fd, onEvent);
      this.#hold(false);
    }
  }

  /** Waits for an event, or stops to. Throws when the fd cannot be watched. */
  wait(on) {
    if (on && !this.#watched) {
      watch(this.fd, this.#onEvent);
      this.#watched = true;
      this.#holds = true;
    }
    this.#hold(on && this.#ref);
  }

  #hold(on) {
    if (this.#holds === on || !this.#watched) return;
    this.#holds = on;
    watchRef(this.fd, on);
  }

  /** ref() and unref(): whether waiting keeps the program running. */
  setRef(on, waits) {
    this.#ref = on;
    if (this.fd >= 0) this.#hold(on && waits);
  }

  /** Calls onEvent in a later turn of the event loop, as if all were ready. */
  tryLater() {
    if (this.#turn) return;
    nextTurn(this);
    this.#turn = true;
  }

  runTurn() {
    this.#turn = false;
    if (this.fd >= 0) this.#onEvent(READABLE | WRITABLE);
  }

  /** Closes the fd, once. Errors of close(2) mean nothing to the caller: the fd is gone. */
  close() {
    const fd = this.fd;
    if (fd < 0) return;
    this.fd = -1;
    try {
      close(fd);
    } catch {}
  }
}

/**
 * Operations that succeed at once settle without a turn of the event loop. A
 * peer that sends as fast as the script reads would keep all others waiting, so
 * only so many may do that in a row.
 */
const BURST = 64;
let budget = BURST;
let turns = [];

/** Whether an operation may be tried at once; else it has to wait for a turn. */
export function spend() {
  return budget-- > 0;
}

function nextTurn(handle) {
  if (turns.length === 0) timerStart(runTurns, 0, false, undefined);
  turns.push(handle);
}

function runTurns() {
  const list = turns;
  turns = [];
  budget = BURST;
  for (const handle of list) handle.runTurn();
}

/** An event was delivered: the loop turns. */
export function refill() {
  budget = BURST;
}

/** Requests in order: a list linked by their property next. */
export class Queue {
  head = null;
  #tail = null;

  push(request) {
    if (this.head === null) this.head = request;
    else this.#tail.next = request;
    this.#tail = request;
  }

  shift() {
    const request = this.head;
    if (request !== null) this.head = request.next;
    return request;
  }

  /** Puts a request back that shift took. */
  unshift(request) {
    request.next = this.head;
    if (this.head === null) this.#tail = request;
    this.head = request;
  }

  /** Takes all requests out and gives the first. */
  clear() {
    const request = this.head;
    this.head = null;
    return request;
  }
}

let resolveNext;
let rejectNext;
function executor(resolve, reject) {
  resolveNext = resolve;
  rejectNext = reject;
}

/** Makes request's promise, giving it resolve and reject: no closure for each. */
export function promiseFor(request) {
  request.promise = new Promise(executor);
  request.resolve = resolveNext;
  request.reject = rejectNext;
  request.next = null;
  return request.promise;
}

const ignore = () => {};

/**
 * Rejects a request because the program itself closed its socket: no mistake
 * that it would have to handle.
 */
export function cancel(request, error) {
  request.promise.catch(ignore);
  request.reject(error);
}
