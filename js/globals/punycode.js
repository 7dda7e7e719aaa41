/**
 * Punycode (RFC 3492) for single labels, without the "xn--" prefix.
 */

import {
  charCodeAt,
  codePointAt,
  floor,
  fromCodePoint,
  lastIndexOf,
} from 'wqjs:internal/globals/primordials';

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL_N = 0x80;
const MAX = 0x7fffffff;
// Both directions take quadratic time. A DNS label has 63 characters; what is
// longer than this is no label that anything could look up.
export const MAX_LABEL = 1000;

const DIGITS = 'abcdefghijklmnopqrstuvwxyz0123456789';

function digitValue(c) {
  if (c >= 97 && c <= 122) return c - 97;
  if (c >= 48 && c <= 57) return c - 22;
  return BASE;
}

function threshold(k, bias) {
  const t = k - bias;
  return t < T_MIN ? T_MIN : t > T_MAX ? T_MAX : t;
}

function adapt(delta, points, isFirst) {
  delta = floor(delta / (isFirst ? DAMP : 2));
  delta += floor(delta / points);
  let k = 0;
  while (delta > ((BASE - T_MIN) * T_MAX) >> 1) {
    delta = floor(delta / (BASE - T_MIN));
    k += BASE;
  }
  return k + floor(((BASE - T_MIN + 1) * delta) / (delta + SKEW));
}

function toCodePoints(label) {
  const points = [];
  for (let i = 0; i < label.length; ) {
    const c = codePointAt(label, i);
    points[points.length] = c;
    i += c > 0xffff ? 2 : 1;
  }
  return points;
}

// A delta as a variable-length integer.
function encodeDelta(delta, bias) {
  let out = '';
  for (let k = BASE; ; k += BASE) {
    const t = threshold(k, bias);
    if (delta < t) return out + DIGITS[delta];
    out += DIGITS[t + ((delta - t) % (BASE - t))];
    delta = floor((delta - t) / (BASE - t));
  }
}

/** The Punycode of a label; null when it is too long. */
export function encodePunycode(label) {
  if (label.length > MAX_LABEL) return null;
  const points = toCodePoints(label);
  let out = '';
  for (let i = 0; i < points.length; i++) if (points[i] < 0x80) out += fromCodePoint(points[i]);
  const basic = out.length;
  let handled = basic;
  if (basic > 0) out += '-';
  let n = INITIAL_N;
  let delta = 0;
  let bias = INITIAL_BIAS;
  while (handled < points.length) {
    let next = MAX;
    for (let i = 0; i < points.length; i++) if (points[i] >= n && points[i] < next) next = points[i];
    delta += (next - n) * (handled + 1);
    if (delta > MAX) return null;
    n = next;
    for (let i = 0; i < points.length; i++) {
      if (points[i] < n) delta++;
      else if (points[i] === n) {
        out += encodeDelta(delta, bias);
        bias = adapt(delta, handled + 1, handled === basic);
        delta = 0;
        handled++;
      }
    }
    delta++;
    n++;
  }
  return out;
}

/** The label that lower-case Punycode stands for; null when it is wrong. */
export function decodePunycode(text) {
  if (text.length > MAX_LABEL) return null;
  const points = [];
  const hyphen = lastIndexOf(text, '-');
  for (let i = 0; i < hyphen; i++) {
    const c = charCodeAt(text, i);
    if (c >= 0x80) return null;
    points[i] = c;
  }
  let n = INITIAL_N;
  let bias = INITIAL_BIAS;
  let i = 0;
  let at = hyphen > 0 ? hyphen + 1 : 0;
  // Nothing after the hyphen: a label of ASCII alone.
  if (hyphen === 0) return null;
  while (at < text.length) {
    const start = i;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      if (at >= text.length) return null;
      const digit = digitValue(charCodeAt(text, at++));
      if (digit >= BASE) return null;
      i += digit * weight;
      if (i > MAX) return null;
      const t = threshold(k, bias);
      if (digit < t) break;
      weight *= BASE - t;
      if (weight > MAX) return null;
    }
    const count = points.length + 1;
    bias = adapt(i - start, count, start === 0);
    n += floor(i / count);
    i %= count;
    if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) return null;
    for (let j = points.length; j > i; j--) points[j] = points[j - 1];
    points[i++] = n;
  }
  let out = '';
  for (let j = 0; j < points.length; j++) out += fromCodePoint(points[j]);
  return out;
}
