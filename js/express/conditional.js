/** Validators and conditional requests: RFC 9110, sections 8.8 and 13; ranges: section 14. */

import { entityTag } from 'wqjs:internal/native';

const hex = (n) => n.toString(16);

/** An entity tag of a body (a string or bytes). */
export function etag(body, { weak = false } = {}) {
  return entityTag(body, weak);
}

/** The weak entity tag of a file: its size and the time it was changed. */
export function statTag({ size, mtime }) {
  return `W/"${hex(size)}-${hex(Math.floor(mtime))}"`;
}

/** The function (body) → tag for an "etag" setting; true for the usual one, null for none. */
export function etagFunction(setting) {
  if (typeof setting === 'function') return (body) => setting(typeof body === 'string' ? new TextEncoder().encode(body) : body);
  switch (setting) {
    case true:
    case 'weak':
      return true;
    case 'strong':
      return (body) => etag(body);
    case false:
      return null;
  }
  throw new TypeError(`unknown value for etag function: ${setting}`);
}

const opaque = (tag) => (tag.startsWith('W/') ? tag.slice(2) : tag);

/** Whether a header's list has the tag, by weak comparison; "*" has all. */
export function hasTag(header, tag) {
  if (header.trim() === '*') return true;
  if (!tag) return false;
  return header.split(',').some((item) => opaque(item.trim()) === opaque(tag));
}

/** Whether what the client holds is still right: 304 will do. */
export function isFresh(headers, { etag: tag, lastModified }) {
  const match = headers['if-none-match'];
  const since = headers['if-modified-since'];
  if (!match && !since) return false;
  if (/(?:^|,)\s*no-cache\s*(?:,|$)/.test(headers['cache-control'] ?? '')) return false;
  if (match) return hasTag(match, tag);
  return Boolean(lastModified) && Date.parse(lastModified) <= Date.parse(since);
}

/** Whether an If-Match or If-Unmodified-Since condition fails: 412. */
export function isPreconditionFailure(headers, { etag: tag, lastModified }) {
  const match = headers['if-match'];
  if (match) {
    return match.trim() !== '*' && !match.split(',').some((item) => item.trim() === tag || opaque(item.trim()) === opaque(tag ?? ''));
  }
  const since = Date.parse(headers['if-unmodified-since'] ?? '');
  return !Number.isNaN(since) && !(Date.parse(lastModified) <= since);
}

/** Whether an If-Range header allows to send a part. */
export function isRangeFresh(headers, { etag: tag, lastModified }) {
  const value = headers['if-range'];
  if (!value) return true;
  // A part of something else must never be sent: only the same tag will do.
  if (value.includes('"')) return Boolean(tag) && value.includes(tag);
  return Date.parse(lastModified ?? '') <= Date.parse(value);
}

const MAX_RANGES = 64;

// Overlapping and neighbouring ranges as one, in the order they were asked for.
function combine(ranges) {
  const ordered = ranges.map((r, index) => ({ ...r, index })).sort((a, b) => a.start - b.start);
  const out = [ordered[0]];
  for (const range of ordered.slice(1)) {
    const last = out[out.length - 1];
    if (range.start > last.end + 1) out.push(range);
    else {
      last.end = Math.max(last.end, range.end);
      last.index = Math.min(last.index, range.index);
    }
  }
  return out.sort((a, b) => a.index - b.index).map(({ start, end }) => ({ start, end }));
}

/**
 * The ranges of a Range header, [{ start, end }] with both ends included, and
 * the unit as property type; -1 when none can be satisfied, -2 when the header
 * is malformed.
 */
export function parseRange(size, header, options = {}) {
  const eq = header.indexOf('=');
  if (eq < 0) return -2;
  const items = header.slice(eq + 1).split(',', MAX_RANGES + 1);
  if (items.length > MAX_RANGES) return -2;
  let ranges = [];
  for (const item of items) {
    const match = /^\s*(\d*)-(\d*)\s*$/.exec(item);
    if (match === null || (match[1] === '' && match[2] === '')) return -2;
    let start = Number(match[1]);
    let end = match[2] === '' ? size - 1 : Number(match[2]);
    if (match[1] === '') {
      start = Math.max(0, size - end);
      if (end === 0) continue;
      end = size - 1;
    } else if (end > size - 1) end = size - 1;
    if (start > end || start < 0) continue;
    ranges.push({ start, end });
  }
  if (ranges.length === 0) return -1;
  if (options.combine) ranges = combine(ranges);
  ranges.type = header.slice(0, eq);
  return ranges;
}
