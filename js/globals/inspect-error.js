/**
 * The text of errors: "Name: message" and the stack, which the engine keeps
 * without that first line.
 */

import {
  arrayIndexOf,
  arraySplice,
  endsWith,
  errorStack,
  getterOf,
  includes,
  replaceAll,
  slice,
} from 'wqjs:internal/globals/primordials';
import { findData, ownDescriptor } from 'wqjs:internal/globals/inspect-lookup';
import { limit } from 'wqjs:internal/globals/inspect-text';

const exceptionName = getterOf(DOMException.prototype, 'name');
const exceptionMessage = getterOf(DOMException.prototype, 'message');

function text(value) {
  return typeof value === 'string' ? limit(value) : '';
}

// The class is named when `name` does not say it: "Foo [Error]", "FooError".
function displayName(name, ctor, tag) {
  if (ctor === null) return name === '' ? '[Error: null prototype]' : `[${name}: null prototype]`;
  let shown = name;
  if (name === '') shown = ctor;
  else if (endsWith(name, 'Error') && !includes(name, ctor)) {
    shown = includes(ctor, name) ? ctor : `${ctor} [${name}]`;
  }
  return tag === '' || includes(shown, tag) ? shown : `${shown} [${tag}]`;
}

function header(ctx, value, kind, ctor, tag) {
  if (kind === 'DOMException') {
    const message = text(exceptionMessage(value));
    const name = `DOMException [${text(exceptionName(value))}]`;
    return message === '' ? name : `${name}: ${message}`;
  }
  const own = findData(value, 'name');
  const name = displayName(own === undefined ? 'Error' : text(own), ctor && text(ctor), text(tag));
  const message = text(findData(value, 'message'));
  return message === '' ? name : `${name}: ${message}`;
}

function stackOf(ctx, value) {
  const own = ownDescriptor(value, 'stack');
  const stack = text(own === undefined ? errorStack(value) : own.value);
  return endsWith(stack, '\n') ? slice(stack, 0, -1) : stack;
}

function removeKey(keys, key) {
  const i = arrayIndexOf(keys, key);
  if (i !== -1) arraySplice(keys, i, 1);
}

// What the text shows already is not repeated; what only errors have is added.
function adjustKeys(ctx, value, shown, keys) {
  if (!ctx.showHidden) {
    for (const key of ['name', 'message', 'stack']) {
      const own = ownDescriptor(value, key)?.value;
      if (typeof own === 'string' && includes(shown, text(own))) removeKey(keys, key);
    }
    removeKey(keys, 'stack');
  }
  for (const key of ['cause', 'errors', 'error', 'suppressed']) {
    const own = ownDescriptor(value, key);
    if (own === undefined || own.enumerable || arrayIndexOf(keys, key) !== -1) continue;
    keys[keys.length] = key;
  }
}

/** The text of an error; takes the keys that it covers out of `keys`. */
export function describeError(ctx, value, kind, ctor, tag, keys) {
  const first = header(ctx, value, kind, ctor, tag);
  const stack = stackOf(ctx, value);
  let shown;
  if (stack === '') shown = `[${first}]`;
  // A stack that was assigned brings its own first line.
  else if (includes(`\n${stack}`, '\n    at ')) shown = stack[0] === ' ' ? `${first}\n${stack}` : stack;
  else shown = `[${stack}]`;
  adjustKeys(ctx, value, shown, keys);
  ctx.left -= shown.length;
  return replaceAll(shown, '\n', `\n${ctx.pad()}`);
}
