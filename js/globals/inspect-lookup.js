/**
 * Looking at objects without running their code.
 *
 * Properties are read through descriptors along the prototype chain. A proxy
 * in the chain ends the search, as asking it would run a trap.
 */

import { classOf } from 'wqjs:internal/native';
import { getOwnPropertyDescriptor, getPrototypeOf, hasOwn } from 'wqjs:internal/globals/primordials';

// Longer prototype chains are of no use to anybody; the search gives up.
const MAX_CHAIN = 1000;

/** The own descriptor of a property; undefined when there is none, it cannot be had or a proxy is asked. */
export function ownDescriptor(object, key) {
  if (classOf(object) === 'Proxy') return undefined;
  try {
    return getOwnPropertyDescriptor(object, key);
  } catch {
    // A binding of a module namespace that is not initialised yet.
    return undefined;
  }
}

/** The prototype, or null where there is none or a proxy stands. */
export function safePrototype(object) {
  const proto = getPrototypeOf(object);
  return proto === null || classOf(proto) === 'Proxy' ? null : proto;
}

/** The descriptor of a property, own or inherited. */
export function findDescriptor(object, key) {
  for (let i = 0; object !== null && i < MAX_CHAIN && classOf(object) !== 'Proxy'; i++) {
    // Most often there is none, which this finds out without making a descriptor.
    if (hasOwn(object, key)) return ownDescriptor(object, key);
    object = getPrototypeOf(object);
  }
  return undefined;
}

/** The value of a data property, own or inherited; accessors count as undefined. */
export function findData(object, key) {
  return findDescriptor(object, key)?.value;
}

/** A method, own or inherited; a getter for it is not run. */
export function findMethod(object, key) {
  const value = findData(object, key);
  return typeof value === 'function' ? value : undefined;
}

/**
 * The name of the nearest constructor in the chain whose `prototype` is there
 * too; '' when unknown, null when the chain has none at all.
 */
export function constructorName(object) {
  let holder = safePrototype(object);
  for (let i = 0; holder !== null && i < MAX_CHAIN; i++) {
    const ctor = hasOwn(holder, 'constructor') ? ownDescriptor(holder, 'constructor')?.value : undefined;
    if (typeof ctor === 'function') {
      const name = ownDescriptor(ctor, 'name')?.value;
      if (typeof name === 'string' && name !== '' && ownDescriptor(ctor, 'prototype')?.value === holder) {
        return name;
      }
    }
    holder = safePrototype(holder);
  }
  return null;
}

/**
 * Symbol.toStringTag; the one thing beside a custom inspector that may run
 * user code, as most classes define it by a getter. '' when it is not a string
 * or throws.
 */
export function toStringTag(object) {
  const descriptor = findDescriptor(object, Symbol.toStringTag);
  if (descriptor === undefined) return '';
  let { value } = descriptor;
  if (typeof descriptor.get === 'function') {
    try {
      value = descriptor.get.call(object);
    } catch {
      return '';
    }
  }
  return typeof value === 'string' ? value : '';
}
