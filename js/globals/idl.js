/**
 * What all classes of the web platform have in common
 * (https://webidl.spec.whatwg.org/).
 */

import {
  defineProperty,
  getOwnPropertyDescriptor,
  ownKeys,
  Set,
  setAdd,
  toWellFormed,
} from 'wqjs:internal/globals/primordials';

/** Prototypes of platform objects; structuredClone refuses those. */
export const platformPrototypes = new Set();

/**
 * Finishes a class: its members become enumerable, its prototype gets the
 * class string, and constants (a record) are put on both.
 */
export function finishInterface(ctor, name, constants = {}) {
  const proto = ctor.prototype;
  for (const target of [proto, ctor]) {
    for (const key of ownKeys(target)) {
      if (typeof key !== 'string' || key === 'constructor') continue;
      const descriptor = getOwnPropertyDescriptor(target, key);
      if (!descriptor.configurable || key === 'name' || key === 'length') continue;
      descriptor.enumerable = true;
      defineProperty(target, key, descriptor);
    }
    for (const key of ownKeys(constants)) {
      defineProperty(target, key, { value: constants[key], enumerable: true });
    }
  }
  defineProperty(proto, Symbol.toStringTag, { value: name, configurable: true });
  setAdd(platformPrototypes, proto);
}

/** A string without lone surrogates, as WebIDL's USVString. */
export function toUSVString(value) {
  return toWellFormed(`${value}`);
}

export function requireArguments(what, count, needed) {
  if (count < needed) {
    throw new TypeError(`${what}: ${needed} argument${needed > 1 ? 's' : ''} required, but only ${count} present`);
  }
}
