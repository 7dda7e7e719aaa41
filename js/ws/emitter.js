/** Events of the kind that wqjs:http has: on(name, listener). */

import { inspect } from 'wqjs:internal/globals/inspect';
import { apply, arraySlice, Map, mapGet, mapSet } from 'wqjs:internal/globals/primordials';
import { writeOut } from 'wqjs:internal/native';

export let emit;
export let listens;

export class Emitter {
  #listeners = new Map();

  static {
    // What a listener throws, or its promise rejects with, goes to failed(error).
    emit = (target, name, args, failed) => target.#emit(name, args, failed);
    listens = (target, name) => (mapGet(target.#listeners, name)?.length ?? 0) > 0;
  }

  on(name, listener) {
    return this.#add(name, listener, false);
  }

  once(name, listener) {
    return this.#add(name, listener, true);
  }

  off(name, listener) {
    const kept = [];
    const list = mapGet(this.#listeners, name) ?? [];
    for (let i = 0; i < list.length; i++) if (list[i].listener !== listener) kept[kept.length] = list[i];
    mapSet(this.#listeners, name, kept);
    return this;
  }

  #add(name, listener, once) {
    if (typeof listener !== 'function') throw new TypeError('the listener must be a function');
    const list = arraySlice(mapGet(this.#listeners, name) ?? []);
    list[list.length] = { listener, once };
    mapSet(this.#listeners, name, list);
    return this;
  }

  // A list is never changed but replaced: a running emit sees those of its start.
  #emit(name, args, failed) {
    const list = mapGet(this.#listeners, name) ?? [];
    for (let i = 0; i < list.length; i++) {
      if (list[i].once) this.off(name, list[i].listener);
      guard(() => apply(list[i].listener, this, args), failed);
    }
    return list.length > 0;
  }
}

/** Calls an async or plain function; its error goes to failed(error). */
export async function guard(call, failed) {
  try {
    await call();
  } catch (error) {
    failed(error);
  }
}

/** Prints an error that nobody listens for. */
export function print(what, error) {
  writeOut(2, `wqjs:ws: ${what}: ${inspect(error)}\n`);
}
