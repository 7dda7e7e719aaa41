/**
 * Text of primitive values and property keys for inspect().
 */

import {
  apply,
  charCodeAt,
  includes,
  indexOf,
  isWellFormed,
  objectIs,
  regexpExec,
  slice,
  symbolToString,
  uncurry,
} from 'wqjs:internal/globals/primordials';

const STYLES = {
  __proto__: null,
  bigint: [33, 39],
  boolean: [33, 39],
  date: [35, 39],
  null: [1, 22],
  number: [33, 39],
  regexp: [31, 39],
  special: [36, 39],
  string: [32, 39],
  symbol: [32, 39],
  undefined: [90, 39],
};

/** Wraps text in the colour of its kind when colours are on. */
export function stylize(ctx, text, style) {
  if (!ctx.colors) return text;
  const codes = STYLES[style];
  return `\x1b[${codes[0]}m${text}\x1b[${codes[1]}m`;
}

const SPECIAL = /[\x00-\x1f'\\\x7f-\x9f]/;
const ESCAPES = { __proto__: null, 8: '\\b', 9: '\\t', 10: '\\n', 12: '\\f', 13: '\\r', 92: '\\\\' };
const HEX = '0123456789ABCDEF';
const numberToString = uncurry(Number.prototype.toString);
const bigintToString = uncurry(BigInt.prototype.toString);

// The escape of the code unit at i of s inside quotes, or '' for none.
function escapeAt(s, i, quote) {
  const c = charCodeAt(s, i);
  const short = ESCAPES[c];
  if (short !== undefined) return short;
  if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return `\\x${HEX[c >> 4]}${HEX[c & 15]}`;
  if (c === quote) return `\\${s[i]}`;
  if (c < 0xd800 || c > 0xdfff) return '';
  const other = charCodeAt(s, c < 0xdc00 ? i + 1 : i - 1);
  const paired = c < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other <= 0xdbff;
  return paired ? '' : `\\u${numberToString(c, 16)}`;
}

function escape(s, quote) {
  let out = '';
  let done = 0;
  for (let i = 0; i < s.length; i++) {
    const escaped = escapeAt(s, i, quote);
    if (escaped !== '') {
      out += slice(s, done, i) + escaped;
      done = i + 1;
    }
  }
  return out + slice(s, done);
}

/** A string literal with the quotes that need the fewest escapes. */
export function quote(s) {
  if (regexpExec(SPECIAL, s) === null && isWellFormed(s)) return `'${s}'`;
  let mark = "'";
  if (includes(s, "'")) {
    if (!includes(s, '"')) mark = '"';
    else if (!includes(s, '`') && !includes(s, '${')) mark = '`';
  }
  return mark + escape(s, charCodeAt(mark, 0)) + mark;
}

// Names, keys, messages and the like are not cut by the maxStringLength option.
const MAX_NAME = 10000;

/** Cuts text at a limit and says how much is missing. */
export function limit(s, max = MAX_NAME) {
  return s.length <= max ? s : `${slice(s, 0, max)}... ${more(s.length - max, 'character')}`;
}

/** Two lower-case hexadecimal digits. */
export function hexByte(byte) {
  return (byte < 16 ? '0' : '') + numberToString(byte, 16);
}

/** "1 more item", "2 more items" */
export function more(n, noun) {
  return `${n} more ${noun}${n > 1 ? 's' : ''}`;
}

// A line of a string that is too long for one is broken after its newlines.
function formatString(ctx, value) {
  let rest = '';
  if (value.length > ctx.maxStringLength) {
    rest = `... ${more(value.length - ctx.maxStringLength, 'character')}`;
    value = slice(value, 0, ctx.maxStringLength);
  }
  const wide = value.length > 16 && value.length > ctx.breakLength - ctx.indentation - 4;
  if (!wide || ctx.compact === true || !includes(value, '\n')) {
    return stylize(ctx, quote(value), 'string') + rest;
  }
  let out = '';
  let from = 0;
  while (from < value.length) {
    const at = indexOf(value, '\n', from);
    const to = at === -1 ? value.length : at + 1;
    if (from > 0) out += ` +\n${ctx.pad()}  `;
    out += stylize(ctx, quote(slice(value, from, to)), 'string');
    from = to;
  }
  return out + rest;
}

// Decimal conversion is quadratic, so large numbers are shown in hexadecimal.
const LARGE = 1n << 8192n;
const HEX_DIGITS = 64;

/** A BigInt with its `n`; beyond 8192 bits the leading hexadecimal digits. */
export function formatBigInt(value) {
  if (value < LARGE && value > -LARGE) return `${bigintToString(value)}n`;
  const sign = value < 0n ? '-' : '';
  const digits = slice(bigintToString(value, 16), sign.length);
  return `${sign}0x${slice(digits, 0, HEX_DIGITS)}... ${more(digits.length - HEX_DIGITS, 'digit')}`;
}

export function formatNumber(value) {
  return objectIs(value, -0) ? '-0' : `${value}`;
}

/** The text of anything that is not an object. */
export function formatPrimitive(ctx, value) {
  switch (typeof value) {
    case 'string':
      return formatString(ctx, value);
    case 'number':
      return stylize(ctx, formatNumber(value), 'number');
    case 'bigint':
      return stylize(ctx, formatBigInt(value), 'bigint');
    case 'symbol':
      return stylize(ctx, limit(symbolToString(value)), 'symbol');
    case 'boolean':
      return stylize(ctx, `${value}`, 'boolean');
    case 'undefined':
      return stylize(ctx, 'undefined', 'undefined');
  }
  return stylize(ctx, 'null', 'null');
}

const IDENTIFIER = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

/** A property key as it stands before the colon; hidden ones are in brackets. */
export function formatKey(ctx, key, enumerable) {
  if (typeof key === 'symbol') return `[${stylize(ctx, escape(limit(symbolToString(key)), -1), 'symbol')}]`;
  const text = limit(key);
  if (key === '__proto__') return "['__proto__']";
  if (!enumerable) return `[${escape(text, -1)}]`;
  if (regexpExec(IDENTIFIER, text) !== null) return text;
  return stylize(ctx, quote(text), 'string');
}

const COLOURS = /\x1b\[\d+m/g;
const replace = RegExp.prototype[Symbol.replace];

/** The width of text on a terminal, taking each code unit for one column. */
export function width(ctx, text) {
  return ctx.colors ? apply(replace, COLOURS, [text, '']).length : text.length;
}
