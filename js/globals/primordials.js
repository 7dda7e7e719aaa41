/**
 * Built-ins as they were at start-up.
 *
 * User code may patch prototypes at any time, and the library has to go on
 * working. Methods are exported "uncurried": `stringSlice(s, 1)` is
 * `s.slice(1)` with the original `slice`. Only what the library uses on paths
 * that matter is captured; each capture costs about a microsecond at start.
 */

const { bind, call } = Function.prototype;

/** Turns a method into a function that takes `this` as its first argument. */
export const uncurry = bind.bind(call);

export const {
  apply,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  ownKeys,
  setPrototypeOf,
} = Reflect;

/** The getter of an accessor property, uncurried; undefined when there is none. */
export function getterOf(object, key) {
  const get = getOwnPropertyDescriptor(object, key)?.get;
  return get && uncurry(get);
}

export const {
  getOwnPropertySymbols,
  hasOwn,
  is: objectIs,
  keys: objectKeys,
  prototype: objectPrototype,
} = Object;

export const { fromCharCode, fromCodePoint } = String;
export const { isArray } = Array;
export const { ceil, floor, max, min, round, sqrt } = Math;
export const { queueMicrotask, parseInt, parseFloat, decodeURIComponent, encodeURIComponent } = globalThis;

const string = String.prototype;
export const charCodeAt = uncurry(string.charCodeAt);
export const codePointAt = uncurry(string.codePointAt);
export const endsWith = uncurry(string.endsWith);
export const includes = uncurry(string.includes);
export const indexOf = uncurry(string.indexOf);
export const isWellFormed = uncurry(string.isWellFormed);
export const lastIndexOf = uncurry(string.lastIndexOf);
export const normalize = uncurry(string.normalize);
export const padEnd = uncurry(string.padEnd);
export const padStart = uncurry(string.padStart);
export const repeat = uncurry(string.repeat);
export const replaceAll = uncurry(string.replaceAll);
export const slice = uncurry(string.slice);
export const split = uncurry(string.split);
export const startsWith = uncurry(string.startsWith);
export const toLowerCase = uncurry(string.toLowerCase);
export const trim = uncurry(string.trim);
export const toWellFormed = uncurry(string.toWellFormed);

const array = Array.prototype;
export const arrayIndexOf = uncurry(array.indexOf);
export const arrayJoin = uncurry(array.join);
export const arraySlice = uncurry(array.slice);
export const arraySort = uncurry(array.sort);
export const arraySplice = uncurry(array.splice);

export const { Map, Set, WeakMap, WeakRef, Uint8Array, Uint16Array, DOMException } = globalThis;
export const mapDelete = uncurry(Map.prototype.delete);
export const mapForEach = uncurry(Map.prototype.forEach);
export const mapGet = uncurry(Map.prototype.get);
export const mapKeys = uncurry(Map.prototype.keys);
export const mapKeysNext = uncurry(getPrototypeOf(new Map().keys()).next);
export const mapHas = uncurry(Map.prototype.has);
export const mapSet = uncurry(Map.prototype.set);
export const mapSize = getterOf(Map.prototype, 'size');
export const setAdd = uncurry(Set.prototype.add);
export const setDelete = uncurry(Set.prototype.delete);
export const setForEach = uncurry(Set.prototype.forEach);
export const setHas = uncurry(Set.prototype.has);
export const setSize = getterOf(Set.prototype, 'size');
export const weakMapGet = uncurry(WeakMap.prototype.get);
export const weakMapSet = uncurry(WeakMap.prototype.set);
const promisePrototype = Promise.prototype;
export const then = uncurry(promisePrototype.then);
/** Calls failed(error) when a promise, or what has a method then, fails. */
export function onFailure(promise, failed) {
  if (getPrototypeOf(promise) === promisePrototype) then(promise, undefined, failed);
  else promise.then(null, failed);
}
export const deref = uncurry(WeakRef.prototype.deref);

export const regexpExec = uncurry(RegExp.prototype.exec);
export const symbolToString = uncurry(Symbol.prototype.toString);
export const numberToFixed = uncurry(Number.prototype.toFixed);
/** The stack of a genuine Error; undefined for anything else. */
export const errorStack = getterOf(Error.prototype, 'stack');

const typedArray = getPrototypeOf(Uint8Array.prototype);
export const viewBuffer = getterOf(typedArray, 'buffer');
export const viewByteOffset = getterOf(typedArray, 'byteOffset');
export const viewByteLength = getterOf(typedArray, 'byteLength');
export const viewLength = getterOf(typedArray, 'length');
export const viewSet = uncurry(typedArray.set);
export const viewKind = getterOf(typedArray, Symbol.toStringTag); // undefined for anything else
export const toBase64 = uncurry(Uint8Array.prototype.toBase64);
export const toHex = uncurry(Uint8Array.prototype.toHex);
export const viewSubarray = uncurry(typedArray.subarray);
export const bufferByteLength = getterOf(ArrayBuffer.prototype, 'byteLength');

/** The engine's clock: milliseconds since the sandbox started. */
export const { now } = performance;
