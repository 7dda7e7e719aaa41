/**
 * printf-like formatting of console arguments:
 * https://console.spec.whatwg.org/#formatter, with Node's %j and its notion of
 * what %s does to objects.
 */

import { classOf } from 'wqjs:internal/native';
import { inspect, inspectNested } from 'wqjs:internal/globals/inspect';
import { findMethod } from 'wqjs:internal/globals/inspect-lookup';
import { formatBigInt, formatNumber } from 'wqjs:internal/globals/inspect-text';
import {
  arrayJoin,
  charCodeAt,
  endsWith,
  indexOf,
  parseFloat,
  parseInt,
  slice,
  symbolToString,
  uncurry,
} from 'wqjs:internal/globals/primordials';

const { stringify } = JSON;
const functionToString = uncurry(Function.prototype.toString);

// Whether a method is the engine's. No function written in JS ends like this.
function isNative(method) {
  return endsWith(functionToString(method), '[native code]\n}');
}

// An object with a toString written in JS is asked; others are inspected.
function formatString(value) {
  switch (typeof value) {
    case 'number':
      return formatNumber(value);
    case 'bigint':
      return formatBigInt(value);
    case 'symbol':
      return symbolToString(value);
  }
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return `${value}`;
  const method = classOf(value) === 'Proxy' ? undefined : findMethod(value, 'toString');
  if (typeof value === 'function' || (method !== undefined && !isNative(method))) {
    try {
      return `${value}`;
    } catch {
      // Inspected below.
    }
  }
  return inspect(value, { depth: 0 });
}

// %d, %i and %f
function formatNumeric(value, convert) {
  if (typeof value === 'symbol') return 'NaN';
  if (typeof value === 'bigint' && convert !== parseFloat) return formatBigInt(value);
  try {
    return formatNumber(convert(value));
  } catch {
    return 'NaN';
  }
}

function formatJSON(value) {
  try {
    return `${stringify(value)}`;
  } catch {
    return '[Circular]';
  }
}

function formatSpecifier(specifier, value, indent) {
  switch (specifier) {
    case 's':
      return formatString(value);
    case 'd':
      return formatNumeric(value, Number);
    case 'i':
      return formatNumeric(value, parseInt);
    case 'f':
      return formatNumeric(value, parseFloat);
    case 'j':
      return formatJSON(value);
    case 'o':
      return inspect(value, { showHidden: true, showProxy: true, depth: 4 });
    case 'O':
      return inspectNested(value, {}, indent);
    case 'c':
      return '';
  }
  return undefined;
}

/**
 * The text of one console call. `indent` is the width of the indentation that
 * the caller will put before each line.
 */
export function format(args, indent = 0) {
  const first = args[0];
  const parts = [];
  let next = 0;
  if (typeof first === 'string') {
    next = 1;
    let text = '';
    let done = 0;
    let at = args.length > 1 ? indexOf(first, '%') : -1;
    while (at !== -1 && at + 1 < first.length) {
      if (charCodeAt(first, at + 1) === 37) {
        text += slice(first, done, at + 1);
        done = at + 2;
      } else if (next < args.length) {
        const value = formatSpecifier(first[at + 1], args[next], indent);
        if (value !== undefined) {
          text += slice(first, done, at) + value;
          done = at + 2;
          next++;
        }
      }
      at = indexOf(first, '%', done > at ? done : at + 1);
    }
    parts[0] = text + slice(first, done);
  }
  for (; next < args.length; next++) {
    const value = args[next];
    parts[parts.length] = typeof value === 'string' ? value : inspectNested(value, {}, indent);
  }
  return parts.length === 1 ? parts[0] : arrayJoin(parts, ' ');
}

/** console.dir: the object itself, whatever it says about its inspection. */
export function inspectPlain(value, options, indent = 0) {
  return inspectNested(value, { customInspect: false, ...options }, indent);
}
