/**
 * Puts the entries of an object on one line, in columns or on a line each.
 */

import {
  arrayJoin,
  floor,
  includes,
  max,
  min,
  padEnd,
  padStart,
  round,
  sqrt,
} from 'wqjs:internal/globals/primordials';
import { width } from 'wqjs:internal/globals/inspect-text';

const SEPARATOR = ', ';
const MIN_GROUPED = 6;
const MAX_COLUMNS = 15;
// A character is about this many times as high as it is wide; columns aim at a square.
const CHAR_RATIO = 2.5;

function columnCount(ctx, widths, total, widest) {
  const cell = widest + SEPARATOR.length;
  if (cell * 3 + ctx.indentation >= ctx.breakLength) return 1;
  // Few wide entries among narrow ones would leave holes.
  if (total / cell <= 5 && widest > 6) return 1;
  const spread = sqrt(cell - total / widths.length);
  const typical = max(cell - 3 - spread, 1);
  return min(
    round(sqrt(CHAR_RATIO * typical * widths.length) / typical),
    floor((ctx.breakLength - ctx.indentation) / cell),
    ctx.compact * 4,
    MAX_COLUMNS,
  );
}

// Joins short array entries to rows of aligned columns. A last entry that
// counts what is left out (`rest`) keeps a row of its own.
function groupEntries(ctx, entries, shape) {
  const n = shape.rest ? entries.length - 1 : entries.length;
  const widths = [];
  let total = 0;
  let widest = 0;
  for (let i = 0; i < n; i++) {
    widths[i] = width(ctx, entries[i]);
    total += widths[i] + SEPARATOR.length;
    widest = max(widest, widths[i]);
  }
  const columns = columnCount(ctx, widths, total, widest);
  if (columns <= 1) return entries;
  const columnWidths = [];
  for (let c = 0; c < columns; c++) {
    let w = 0;
    for (let i = c; i < n; i += columns) w = max(w, widths[i]);
    columnWidths[c] = w;
  }
  const rows = [];
  for (let from = 0; from < n; from += columns) {
    const to = min(from + columns, n);
    let row = '';
    for (let i = from; i < to; i++) {
      const last = i === to - 1;
      const text = last ? entries[i] : entries[i] + SEPARATOR;
      // Colour codes count for the string's length but not for its width.
      const room = columnWidths[i - from] + entries[i].length - widths[i] + (last ? 0 : SEPARATOR.length);
      if (shape.numeric) row += padStart(text, room);
      else row += last ? text : padEnd(text, room);
    }
    rows[rows.length] = row;
  }
  if (shape.rest) rows[rows.length] = entries[n];
  return rows;
}

function fitsLine(ctx, entries, start, base) {
  let total = entries.length * 2 + start;
  for (let i = 0; i < entries.length; i++) {
    if (total > ctx.breakLength) return false;
    total += width(ctx, entries[i]);
  }
  return total <= ctx.breakLength && !includes(base, '\n');
}

/**
 * Joins the entries of one object. `level` is its depth; objects that hold at
 * most ctx.compact levels of others are tried on one line.
 */
export function layout(ctx, entries, shape, level) {
  const { base, open, close } = shape;
  const head = base === '' ? open : `${base} ${open}`;
  const newline = `\n${ctx.pad()}`;
  if (ctx.compact === true) {
    if (fitsLine(ctx, entries, 0, base)) return `${head} ${arrayJoin(entries, SEPARATOR)} ${close}`;
    const lead = base === '' && open.length === 1 ? ' ' : `${newline}  `;
    return `${head}${lead}${arrayJoin(entries, `,${newline}  `)} ${close}`;
  }
  if (ctx.compact >= 1) {
    const count = entries.length;
    if (shape.list && count > MIN_GROUPED) entries = groupEntries(ctx, entries, shape);
    if (ctx.currentLevel - level < ctx.compact && count === entries.length) {
      const start = ctx.indentation + open.length + base.length + 10;
      if (fitsLine(ctx, entries, start, base)) {
        const line = arrayJoin(entries, SEPARATOR);
        if (!includes(line, '\n')) return `${head} ${line} ${close}`;
      }
    }
  }
  return `${head}${newline}  ${arrayJoin(entries, `,${newline}  `)}${newline}${close}`;
}
