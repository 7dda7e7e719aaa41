/** Checks of the options of wqjs:net, and the form of addresses. */

import { AF_INET, AF_INET6, AF_UNIX, getsockname } from 'wqjs:sockets';

/** The options object; a wrong one is a TypeError that names the function. */
export function checkOptions(options, name) {
  if (typeof options !== 'object' || options === null) throw new TypeError(`${name}: the options must be an object`);
  return options;
}

/** A port from 0 or, with min 1, from 1 on; digits in a string will do. */
export function checkPort(value, name, min = 0) {
  const port = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (!Number.isInteger(port) || port < min || port > 65535) {
    throw new RangeError(`${name}: port must be an integer from ${min} to 65535, got ${describe(value)}`);
  }
  return port;
}

/** A host name or address, without the brackets that URLs put around IPv6. */
export function checkHost(value, name, what = 'host') {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`${name}: ${what} must be a name or an address, got ${describe(value)}`);
  }
  return value[0] === '[' && value.endsWith(']') ? value.slice(1, -1) : value;
}

export function checkPath(value, name) {
  if (typeof value !== 'string' || value === '') {
    throw new TypeError(`${name}: path must be a path or "@" and an abstract name, got ${describe(value)}`);
  }
  return value;
}

export function checkFd(value, name) {
  if (!Number.isInteger(value) || value < 0 || value > 0x7fffffff) {
    throw new TypeError(`${name}: fd must be a file descriptor, got ${describe(value)}`);
  }
  return value;
}

const MAX_MS = 0x7fffffff;

/** Milliseconds; 0 stands for no limit. Longer than timers can (24 days) is cut. */
export function checkMs(value, name, what) {
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new RangeError(`${name}: ${what} must be a number of milliseconds, 0 or more, got ${describe(value)}`);
  }
  return Math.min(Math.ceil(value), MAX_MS);
}

/** 0, 4 or 6. */
export function checkFamily(value, name) {
  if (value !== 0 && value !== 4 && value !== 6) {
    throw new RangeError(`${name}: family must be 0, 4 or 6, got ${describe(value)}`);
  }
  return value;
}

export function checkSignal(signal, name) {
  if (signal === undefined || signal === null) return null;
  if (typeof signal !== 'object' || typeof signal.aborted !== 'boolean' || typeof signal.addEventListener !== 'function') {
    throw new TypeError(`${name}: signal must be an AbortSignal`);
  }
  return signal;
}

/** A value for messages, without running code of it. */
function describe(value) {
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' || typeof value === 'function' || typeof value === 'symbol'
    ? `a value of type ${value === null ? 'null' : typeof value}`
    : String(value);
}

/** 4 or 6 for the text of an address, 0 for a name. */
export function literalFamily(host) {
  if (host.includes(':')) return 6;
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) ? 4 : 0;
}

export function isBytes(value) {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

const FAMILIES = { [AF_INET]: 'IPv4', [AF_INET6]: 'IPv6', [AF_UNIX]: 'unix' };

/** {address, port, family} as wqjs:net shows it. */
export function addressOf({ address, port, family }) {
  return { address, port, family: FAMILIES[family] ?? 'unknown' };
}

/** The local address of an fd. */
export function localAddress(fd) {
  return addressOf(getsockname(fd));
}
