/**
 * console.table: an array, object, Map or Set as a table drawn with boxes.
 * Getters and proxy traps do not run; large tables are cut.
 */

import { classOf } from 'wqjs:internal/native';
import { inspect } from 'wqjs:internal/globals/inspect';
import { ownDescriptor } from 'wqjs:internal/globals/inspect-lookup';
import {
  arrayJoin,
  endsWith,
  getPrototypeOf,
  hasOwn,
  Map,
  mapGet,
  mapSet,
  mapSize,
  max,
  min,
  objectKeys,
  padEnd,
  repeat,
  replaceAll,
  Set,
  setSize,
  uncurry,
} from 'wqjs:internal/globals/primordials';

const MAX_ROWS = 1000;
const MAX_COLUMNS = 100;
const mapEntries = uncurry(Map.prototype.entries);
const mapNext = uncurry(getPrototypeOf(new Map().entries()).next);
const setValues = uncurry(Set.prototype.values);
const setNext = uncurry(getPrototypeOf(new Set().values()).next);

function cell(value) {
  const isRecord = typeof value === 'object' && value !== null && classOf(value) === 'Object';
  const depth = isRecord && objectKeys(value).length > 2 ? -1 : 0;
  const text = inspect(value, { depth, maxArrayLength: 3, maxStringLength: 1000, breakLength: Infinity });
  return replaceAll(text, '\n', ' ');
}

// Own keys, at most `limit`; for arrays without listing them all.
function keysOf(value, limit) {
  const kind = classOf(value);
  if (endsWith(kind, 'Array')) {
    const keys = [];
    for (let i = 0; i < value.length && keys.length < limit; i++) if (hasOwn(value, i)) keys[keys.length] = `${i}`;
    return keys;
  }
  if (kind === 'Proxy') return [];
  const keys = objectKeys(value);
  if (keys.length > limit) keys.length = limit;
  return keys;
}

function isAccessor(descriptor) {
  return descriptor?.get !== undefined || descriptor?.set !== undefined;
}

function property(object, key) {
  const descriptor = ownDescriptor(object, key);
  if (descriptor === undefined) return '';
  return isAccessor(descriptor) ? '[Getter]' : cell(descriptor.value);
}

// The rows as { index, key, value, text }, where `text` takes the place of a
// value that cannot be read, and the heading of the index.
function rowsOf(data) {
  const rows = [];
  const kind = classOf(data);
  if (kind === 'Map' || kind === 'Set') {
    const isMap = kind === 'Map';
    const count = min(isMap ? mapSize(data) : setSize(data), MAX_ROWS);
    const iterator = isMap ? mapEntries(data) : setValues(data);
    for (let i = 0; i < count; i++) {
      const { value } = isMap ? mapNext(iterator) : setNext(iterator);
      rows[i] = isMap ? { index: `${i}`, key: value[0], value: value[1] } : { index: `${i}`, value };
    }
    return { rows, heading: '(iteration index)', hasKeys: isMap };
  }
  const keys = keysOf(data, MAX_ROWS);
  for (let i = 0; i < keys.length; i++) {
    const descriptor = ownDescriptor(data, keys[i]);
    const text = isAccessor(descriptor) ? '[Getter]' : undefined;
    rows[i] = { index: keys[i], value: descriptor?.value, text };
  }
  return { rows, heading: '(index)', hasKeys: false };
}

// The columns of all rows that are objects, each a list of cells.
function columnsOf(rows, only) {
  const columns = new Map();
  const names = only === undefined ? [] : only;
  for (let i = 0; i < names.length; i++) mapSet(columns, names[i], []);
  let hasValues = false;
  const values = [];
  for (let i = 0; i < rows.length; i++) {
    const { value } = rows[i];
    const keys = typeof value === 'object' && value !== null ? keysOf(value, MAX_COLUMNS) : [];
    const isRow = keys.length > 0;
    for (let k = 0; isRow && k < keys.length; k++) {
      if (only === undefined && mapGet(columns, keys[k]) === undefined && mapSize(columns) < MAX_COLUMNS) {
        mapSet(columns, keys[k], []);
        names[names.length] = keys[k];
      }
      const column = mapGet(columns, keys[k]);
      if (column !== undefined) column[i] = property(value, keys[k]);
    }
    if (!isRow) {
      values[i] = rows[i].text ?? cell(value);
      hasValues = true;
    }
  }
  const out = [];
  for (let i = 0; i < names.length; i++) out[i] = { name: names[i], cells: mapGet(columns, names[i]) };
  if (hasValues) out[out.length] = { name: 'Values', cells: values };
  return out;
}

function draw(columns, height) {
  const widths = [];
  for (let c = 0; c < columns.length; c++) {
    let w = columns[c].name.length;
    for (let r = 0; r < height; r++) w = max(w, columns[c].cells[r]?.length ?? 0);
    widths[c] = w + 2;
  }
  const rule = (left, middle, right) => {
    const parts = [];
    for (let c = 0; c < widths.length; c++) parts[c] = repeat('─', widths[c]);
    return left + arrayJoin(parts, middle) + right;
  };
  const line = (textOf) => {
    const parts = [];
    for (let c = 0; c < columns.length; c++) parts[c] = padEnd(` ${textOf(columns[c])}`, widths[c]);
    return `│${arrayJoin(parts, '│')}│`;
  };
  const lines = [rule('┌', '┬', '┐'), line((column) => column.name), rule('├', '┼', '┤')];
  for (let r = 0; r < height; r++) lines[lines.length] = line((column) => column.cells[r] ?? '');
  lines[lines.length] = rule('└', '┴', '┘');
  return arrayJoin(lines, '\n');
}

/** The table of an object; `only` names the columns to show. */
export function formatTable(data, only = undefined) {
  if (classOf(data) === 'Proxy') return inspect(data);
  const { rows, heading, hasKeys } = rowsOf(data);
  const names = [];
  if (only !== undefined) {
    for (let i = 0; i < only.length && i < MAX_COLUMNS; i++) names[i] = `${only[i]}`;
  }
  const columns = [{ name: heading, cells: [] }];
  for (let i = 0; i < rows.length; i++) columns[0].cells[i] = rows[i].index;
  if (hasKeys) {
    const cells = [];
    for (let i = 0; i < rows.length; i++) cells[i] = cell(rows[i].key);
    columns[1] = { name: 'Key', cells };
  }
  const rest = columnsOf(rows, only === undefined ? undefined : names);
  for (let i = 0; i < rest.length; i++) columns[columns.length] = rest[i];
  return draw(columns, rows.length);
}
