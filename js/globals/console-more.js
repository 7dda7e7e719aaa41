/**
 * The console methods that most programs never call, loaded on first use.
 */

import { importNow } from 'wqjs:internal/native';
import { emit, format, indentWidth, setIndent, STDERR, STDOUT, write } from 'wqjs:internal/globals/console';
import { inspectPlain } from 'wqjs:internal/globals/format';
import {
  arrayJoin,
  arraySlice,
  endsWith,
  errorStack,
  floor,
  includes,
  Map,
  mapDelete,
  mapGet,
  mapHas,
  mapSet,
  now,
  numberToFixed,
  padStart,
  repeat,
  split,
} from 'wqjs:internal/globals/primordials';

const INDENT = '  ';
// Nested groups are counted without end, but the indentation stops growing.
const MAX_INDENT = 64;

let groups = 0;
const counts = new Map();
const timers = new Map();

// 1234.5678 → 1.235s, 65000 → 1:05.000 (m:ss.mmm)
function formatDuration(ms) {
  if (ms < 1000) return `${+numberToFixed(ms, 3)}ms`;
  if (ms < 60000) return `${numberToFixed(ms / 1000, 3)}s`;
  const total = floor(ms / 1000);
  const millis = padStart(`${floor(ms % 1000)}`, 3, '0');
  const seconds = padStart(`${total % 60}`, 2, '0');
  const minutes = floor(total / 60) % 60;
  const hours = floor(total / 3600);
  if (hours === 0) return `${minutes}:${seconds}.${millis} (m:ss.mmm)`;
  return `${hours}:${padStart(`${minutes}`, 2, '0')}:${seconds} (h:mm:ss)`;
}

function logTimer(method, label, args) {
  const start = mapGet(timers, label);
  if (start === undefined) {
    write(STDERR, `Warning: No such label '${label}' for console.${method}()`);
    return false;
  }
  const text = `${label}: ${formatDuration(now() - start)}`;
  emit(STDOUT, args.length > 0 ? ['%s', text, ...args] : [text]);
  return true;
}

function setGroups(depth) {
  groups = depth;
  setIndent(repeat(INDENT, depth < MAX_INDENT ? depth : MAX_INDENT));
}

// The stack without the lines at its top that are the library's.
function callerStack() {
  const stack = errorStack(new Error());
  // A user's Error.prepareStackTrace may have made it anything.
  if (typeof stack !== 'string') return '';
  const lines = split(stack, '\n');
  const isOwn = (line) => includes(line, '(wqjs:internal/') || endsWith(line, '(native)');
  let first = 0;
  while (first < lines.length && isOwn(lines[first])) first++;
  return arrayJoin(arraySlice(lines, first, -1), '\n');
}

/** The methods by name; they do not use `this`. */
export const methods = {
  dir(value, options) {
    write(STDOUT, inspectPlain(value, options, indentWidth()));
  },
  assert(condition, ...args) {
    if (condition) return;
    if (args.length === 0) write(STDERR, 'Assertion failed');
    else if (typeof args[0] === 'string') {
      args[0] = `Assertion failed: ${args[0]}`;
      emit(STDERR, args);
    } else emit(STDERR, ['Assertion failed:', ...args]);
  },
  clear() {
    // A sandbox's output is not a terminal of its own: nothing to clear.
  },
  count(label = 'default') {
    label = `${label}`;
    const n = (mapGet(counts, label) ?? 0) + 1;
    mapSet(counts, label, n);
    write(STDOUT, `${label}: ${n}`);
  },
  countReset(label = 'default') {
    label = `${label}`;
    if (!mapDelete(counts, label)) write(STDERR, `Warning: Count for '${label}' does not exist`);
  },
  group(...args) {
    if (args.length > 0) emit(STDOUT, args);
    setGroups(groups + 1);
  },
  groupEnd() {
    if (groups > 0) setGroups(groups - 1);
  },
  table(data, columns) {
    if (typeof data !== 'object' || data === null) return emit(STDOUT, [data]);
    write(STDOUT, importNow('wqjs:internal/globals/table').formatTable(data, columns));
  },
  time(label = 'default') {
    label = `${label}`;
    if (mapHas(timers, label)) {
      write(STDERR, `Warning: Label '${label}' already exists for console.time()`);
    } else mapSet(timers, label, now());
  },
  timeLog(label = 'default', ...args) {
    logTimer('timeLog', `${label}`, args);
  },
  timeEnd(label = 'default') {
    label = `${label}`;
    if (logTimer('timeEnd', label, [])) mapDelete(timers, label);
  },
  trace(...args) {
    const text = args.length > 0 ? `Trace: ${format(args)}` : 'Trace';
    const stack = callerStack();
    write(STDERR, stack === '' ? text : `${text}\n${stack}`);
  },
};
methods.groupCollapsed = methods.group;
