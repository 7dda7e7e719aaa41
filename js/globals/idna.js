/**
 * Domain to ASCII (https://url.spec.whatwg.org/#idna), loaded only for
 * domains that are not plain ASCII.
 *
 * UTS #46 defines its mapping by a table of some 9,000 rows. This module
 * carries none: it derives the mapping from the engine's own Unicode data, as
 * lower case and NFKC with the exceptions listed below, and takes general
 * category and script for the validity criteria. That gives the same answer
 * for what people register as domain names. It differs for some symbols and
 * historic scripts, and where the engine's Unicode version differs; the
 * joining-type and bidirectional rules are approximated by scripts.
 */

import { decodePunycode, encodePunycode, MAX_LABEL } from 'wqjs:internal/globals/punycode';
import {
  apply,
  arrayJoin,
  includes,
  normalize,
  regexpExec,
  replaceAll,
  slice,
  split,
  startsWith,
  toLowerCase,
} from 'wqjs:internal/globals/primordials';

const replace = RegExp.prototype[Symbol.replace];
const { toUpperCase } = String.prototype;

const NOT_ASCII = /[^\0-\x7f]/;
const IGNORED =
  /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2064\u206a-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0100}-\u{e01ef}]/gu;
// Control, format, unassigned, private, separators; description characters and
// the like that no mapping makes valid.
const DISALLOWED =
  /[\p{Cc}\p{Cn}\p{Co}\p{Cs}\p{Z}\u0600-\u0605\u0890\u0891\u08e2\u06dd\u070f\u180e\u200e\u200f\u202a-\u202e\u2066-\u2069\u2ff0-\u2fff\u303e\u31ef\ufff9-\ufffd\u{110bd}\u{110cd}\u{e0000}-\u{e007f}]/u;
// Their compatibility forms have dots, but they are no separators.
const FALSE_DOTS = /[\u2024-\u2026\u2488-\u249b\ufe12\ufe19\ufe30\ufe52\u{1f100}]/u;
const DOTS = /[\u3002\uff0e\uff61]/g;
const CHEROKEE_SMALL = /[\u13f8-\u13fd\uab70-\uabbf]/g;
const CHEROKEE = /[\u13a0-\u13f5]/;

const STARTS_WITH_MARK = /^\p{M}/u;
const ZERO_WIDTH_JOINER = /[\u200c\u200d]/;
const VIRAMA =
  '\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d3b\u0d3c\u0d4d\u0dca\u0e3a\u0eba\u0f84\u1039\u103a' +
  '\u1714\u1715\u1734\u17d2\u1a60\u1b44\u1baa\u1bab\u1bf2\u1bf3\u2d7f\ua806\ua82c\ua8c4\ua953\ua9c0\uaaf6\uabed' +
  '\u{10a3f}\u{11046}\u{11070}\u{1107f}\u{110b9}\u{11133}\u{11134}\u{111c0}\u{11235}\u{112ea}\u{1134d}\u{11442}' +
  '\u{114c2}\u{115bf}\u{1163f}\u{116b6}\u{1172b}\u{11839}\u{1193d}\u{1193e}\u{119e0}\u{11a34}\u{11a47}\u{11a99}' +
  '\u{11c3f}\u{11d44}\u{11d45}\u{11d97}\u{11f41}\u{11f42}';
// A joiner is fine after a virama; a non-joiner also between letters that join.
const CURSIVE = '\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Nko}';
const JOINED = new RegExp(
  `[${VIRAMA}][\\u200c\\u200d]|(?<=[${CURSIVE}]\\p{M}*)\\u200c(?=\\p{M}*[${CURSIVE}])`,
  'gu',
);
// Letters after which nothing can join: alef, dal, reh, waw and their kin.
const NOT_JOINING =
  /[\u0622-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5\u06ee\u06ef]\p{M}*\u200c/u;

// The blocks whose letters all run from right to left.
const RIGHT_TO_LEFT = '\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufeff\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}';
const ARABIC_DIGIT = '\\u0600-\\u0605\\u0660-\\u0669\\u066b\\u066c\\u06dd\\u{10d30}-\\u{10d39}\\u{10e60}-\\u{10e7e}';
const EUROPEAN_DIGIT = '0-9\\u00b2\\u00b3\\u00b9\\u06f0-\\u06f9\\u2070\\u2074-\\u2079\\u2080-\\u2089';
const HAS_RTL = new RegExp(`(?![${EUROPEAN_DIGIT}])(?=[${RIGHT_TO_LEFT}])[\\p{L}\\p{N}\\u05be\\u05c0\\u05c3\\u05c6]`, 'u');
const STARTS_RTL = new RegExp(`^(?![${ARABIC_DIGIT}${EUROPEAN_DIGIT}])[${RIGHT_TO_LEFT}]`, 'u');
const STARTS_LTR = new RegExp(`^(?![${RIGHT_TO_LEFT}])[\\p{L}\\p{So}]`, 'u');
const ENDS_RTL = new RegExp(`[${RIGHT_TO_LEFT}${ARABIC_DIGIT}${EUROPEAN_DIGIT}]\\p{M}*$`, 'u');
const ENDS_LTR = new RegExp(`(?:(?![${RIGHT_TO_LEFT}])\\p{L}|[${EUROPEAN_DIGIT}])\\p{M}*$`, 'u');
const HAS_LTR_LETTER = new RegExp(`(?![${RIGHT_TO_LEFT}])\\p{L}`, 'u');
const HAS_ARABIC_DIGIT = new RegExp(`[${ARABIC_DIGIT}]`, 'u');
const HAS_EUROPEAN_DIGIT = new RegExp(`[${EUROPEAN_DIGIT}]`, 'u');

function has(pattern, text) {
  pattern.lastIndex = 0;
  return regexpExec(pattern, text) !== null;
}

// Lower case as case folding has it: sigma is never final, and small Cherokee
// folds to the capitals.
function lower(text) {
  if (includes(text, '\u03a3')) text = replaceAll(text, '\u03a3', '\u03c3');
  if (!has(CHEROKEE_SMALL, text) && !has(CHEROKEE, text)) return toLowerCase(text);
  let out = '';
  for (const c of text) {
    if (has(CHEROKEE, c)) out += c;
    else out += has(CHEROKEE_SMALL, c) ? apply(toUpperCase, c, []) : toLowerCase(c);
  }
  return out;
}

function map(text) {
  let mapped = apply(replace, IGNORED, [text, '']);
  mapped = replaceAll(mapped, '\u0345', '\u03b9');
  mapped = normalize(lower(normalize(lower(mapped), 'NFKC')), 'NFC');
  return apply(replace, DOTS, [mapped, '.']);
}

// ContextJ of RFC 5892, appendix A.
function joinersAreValid(label) {
  if (!has(ZERO_WIDTH_JOINER, label)) return true;
  if (has(NOT_JOINING, label)) return false;
  return !has(ZERO_WIDTH_JOINER, apply(replace, JOINED, [label, '']));
}

function isValidLabel(label) {
  if (has(DISALLOWED, label) || has(STARTS_WITH_MARK, label) || includes(label, '.')) return false;
  return joinersAreValid(label);
}

// The rule of RFC 5893 for one label of a domain with right-to-left labels.
function isValidBidi(label) {
  if (label === '') return true;
  if (has(STARTS_RTL, label)) {
    if (has(HAS_LTR_LETTER, label) || !has(ENDS_RTL, label)) return false;
    return !has(HAS_ARABIC_DIGIT, label) || !has(HAS_EUROPEAN_DIGIT, label);
  }
  return has(STARTS_LTR, label) && !has(HAS_RTL, label) && has(ENDS_LTR, label);
}

/** The ASCII form of a domain; null when it has none. */
export function toASCII(domain) {
  if (has(FALSE_DOTS, domain)) return null;
  const labels = split(map(domain), '.');
  const decoded = [];
  let isBidi = false;
  for (let i = 0; i < labels.length; i++) {
    let label = labels[i];
    // Nothing that could be looked up, and some of the rules are quadratic.
    if (label.length > MAX_LABEL && has(NOT_ASCII, label)) return null;
    if (startsWith(label, 'xn--')) {
      if (has(NOT_ASCII, label)) return null;
      label = decodePunycode(slice(label, 4));
      // A label that needs no Punycode, or would be mapped, is not what it seems.
      if (label === null || !has(NOT_ASCII, label) || map(label) !== label) return null;
    }
    if (!isValidLabel(label)) return null;
    if (has(HAS_RTL, label)) isBidi = true;
    decoded[i] = label;
  }
  for (let i = 0; i < labels.length; i++) {
    if (isBidi && !isValidBidi(decoded[i])) return null;
    if (has(NOT_ASCII, labels[i])) {
      const encoded = encodePunycode(labels[i]);
      if (encoded === null) return null;
      labels[i] = `xn--${encoded}`;
    }
  }
  return arrayJoin(labels, '.');
}
