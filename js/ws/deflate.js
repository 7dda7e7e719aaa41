/**
 * permessage-deflate (RFC 7692), without context takeover in either direction:
 * each message is compressed on its own, so that an idle connection holds no
 * window.
 */

import { decode, encoderClose, encoderOpen, encoderWrite, utf8Encode } from 'wqjs:internal/native';
import { regexpExec, Uint8Array, viewLength, viewSet, viewSubarray } from 'wqjs:internal/globals/primordials';
import { parseExtensions } from 'wqjs:internal/ws/header';

const RAW = 'deflate-raw';
const LEVEL = 1; // fast: most of the gain at a third of the time
const CHUNK = 1 << 20;
// What a sender leaves out (RFC 7692, 7.2.1), and an empty last block.
const TAIL = new Uint8Array([0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]);

/** Compresses a string or bytes. */
export function deflate(data) {
  const bytes = typeof data === 'string' ? utf8Encode(data) : new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength);
  const id = encoderOpen(RAW, LEVEL);
  const parts = [];
  let total = 0;
  let open = true;
  try {
    for (let at = 0; open; at += CHUNK) {
      const last = at + CHUNK >= viewLength(bytes);
      const part = encoderWrite(id, viewSubarray(bytes, at, at + CHUNK), last ? 2 : 0);
      open = !last;
      parts[parts.length] = part;
      total += viewLength(part);
    }
  } finally {
    if (open) encoderClose(id);
  }
  if (parts.length === 1) return viewSubarray(parts[0], 0, total - 4);
  const out = new Uint8Array(total);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    viewSet(out, parts[i], at);
    at += viewLength(parts[i]);
  }
  return viewSubarray(out, 0, total - 4);
}

/** The decompressed bytes; throws EFBIG when they are more than max, EINVAL when damaged. */
export function inflate(bytes, max) {
  const n = viewLength(bytes);
  const whole = new Uint8Array(n + 9);
  viewSet(whole, bytes);
  viewSet(whole, TAIL, n);
  return decode(RAW, whole, max);
}

export const OFFER = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';

const WINDOW = /^(?:[89]|1[0-5])$/;
const isWindow = (value) => typeof value === 'string' && regexpExec(WINDOW, value) !== null;

// Whether the parameters are all known and right (RFC 7692, 7.1). The window
// of Go's compressor is 32 KiB: a smaller one cannot be promised.
function acceptable(params) {
  for (const name in params) {
    const value = params[name];
    if (name === 'server_no_context_takeover' || name === 'client_no_context_takeover') {
      if (value !== true) return false;
    } else if (name === 'server_max_window_bits') {
      if (value !== '15') return false;
    } else if (name === 'client_max_window_bits') {
      if (value !== true && !isWindow(value)) return false;
    } else return false;
  }
  return true;
}

/** A server's answer to a client's Sec-WebSocket-Extensions: null for none. Throws on bad syntax. */
export function acceptOffer(header) {
  const offers = parseExtensions(header);
  for (let i = 0; i < offers.length; i++) {
    const { name, params } = offers[i];
    if (name !== 'permessage-deflate' || !acceptable(params)) continue;
    return params.server_max_window_bits === undefined ? OFFER : `${OFFER}; server_max_window_bits=15`;
  }
  return null;
}

/** Whether a server agreed to OFFER; throws when it agreed to something else. */
export function checkAnswer(header) {
  const list = parseExtensions(header);
  if (list.length === 0) return false;
  const { name, params } = list[0];
  let known = true;
  for (const key in params) {
    known &&= key === 'server_max_window_bits' ? isWindow(params[key])
      : (key === 'server_no_context_takeover' || key === 'client_no_context_takeover') && params[key] === true;
  }
  if (list.length > 1 || name !== 'permessage-deflate' || !known || params.server_no_context_takeover !== true) {
    throw new Error(`the server agreed to extensions that were not offered: ${header}`);
  }
  return true;
}
