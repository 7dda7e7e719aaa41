/**
 * The console namespace and print().
 *
 * Behaves like Node's console where the standard
 * (https://console.spec.whatwg.org/) leaves room. Strings, numbers and the
 * like are written without loading the inspector, which is the common case
 * and keeps start-up small.
 */

import { importNow, writeOut } from 'wqjs:internal/native';
import { apply, arrayJoin, charCodeAt, defineProperty, includes, replaceAll, slice } from 'wqjs:internal/globals/primordials';

export const STDOUT = 1;
export const STDERR = 2;
const PIECE = 1 << 18; // UTF-16 units

// Put before each line; grows with console.group.
let indent = '';

export function setIndent(text) {
  indent = text;
}

export function indentWidth() {
  return indent.length;
}

// The text of an argument that needs no inspector, or undefined.
function simple(value) {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return value === 0 && 1 / value < 0 ? '-0' : `${value}`;
    case 'boolean':
    case 'undefined':
      return `${value}`;
  }
  return value === null ? 'null' : undefined;
}

/** The text of the arguments of one call. */
export function format(args) {
  const first = args[0];
  let text = '';
  // Format specifiers need the formatter, and so does what is not simple.
  let isSimple = args.length < 2 || typeof first !== 'string' || !includes(first, '%');
  for (let i = 0; isSimple && i < args.length; i++) {
    const part = simple(args[i]);
    if (part === undefined) isSimple = false;
    else text = i === 0 ? part : `${text} ${part}`;
  }
  return isSimple ? text : importNow('wqjs:internal/globals/format').format(args, indent.length);
}

/** Writes lines with the indentation of the current group. */
export function write(fd, text) {
  if (indent !== '') text = indent + replaceAll(text, '\n', `\n${indent}`);
  writeLine(fd, text);
}

// Encodes and writes long lines in pieces: an interrupt comes in between.
function writeLine(fd, text) {
  let at = 0;
  while (text.length - at > PIECE) {
    const last = charCodeAt(text, at + PIECE - 1);
    const end = at + PIECE - (last >= 0xd800 && last <= 0xdbff ? 1 : 0); // pairs are not cut
    writeOut(fd, slice(text, at, end));
    at = end;
  }
  writeOut(fd, at === 0 ? `${text}\n` : `${slice(text, at)}\n`);
}

export function emit(fd, args) {
  write(fd, format(args));
}

function log(...args) {
  emit(STDOUT, args);
}

function error(...args) {
  emit(STDERR, args);
}

const MORE = [
  'assert',
  'clear',
  'count',
  'countReset',
  'dir',
  'group',
  'groupCollapsed',
  'groupEnd',
  'table',
  'time',
  'timeEnd',
  'timeLog',
  'trace',
];

/** Makes the console object: an ordinary object over an empty prototype, as the standard says. */
export function makeConsole() {
  // Methods do not use `this`, so that `const { log } = console` works.
  const console = { __proto__: {}, log, debug: log, info: log, dirxml: log, error, warn: error };
  for (let i = 0; i < MORE.length; i++) {
    const name = MORE[i];
    console[name] = (...args) => apply(importNow('wqjs:internal/globals/console-more').methods[name], undefined, args);
    defineProperty(console[name], 'name', { value: name, configurable: true });
  }
  defineProperty(console, Symbol.toStringTag, { value: 'console', configurable: true });
  return console;
}

/** Writes String() of each argument, separated by spaces, and a newline to standard output. */
export function print(...args) {
  for (let i = 0; i < args.length; i++) args[i] = String(args[i]);
  writeLine(STDOUT, args.length === 1 ? args[0] : arrayJoin(args, ' '));
}
