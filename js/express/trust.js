/** The "trust proxy" setting: which addresses may say for whom they ask. */

import {
  arraySlice, includes, indexOf, isArray, lastIndexOf, parseInt, regexpExec, slice, split, trim,
} from 'wqjs:internal/globals/primordials';

const SETS = {
  __proto__: null,
  loopback: ['127.0.0.1/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const PIECE = /^[0-9a-fA-F]{1,4}$/;
const NUMBER = /^\d+$/;

function parseIPv4(text) {
  const match = regexpExec(IPV4, text);
  if (match === null) return null;
  const bytes = [];
  for (let i = 0; i < 4; i++) {
    bytes[i] = +match[i + 1];
    if (bytes[i] > 255) return null;
  }
  return bytes;
}

function parsePieces(text) {
  if (text === '') return [];
  const out = [];
  const parts = split(text, ':');
  for (let i = 0; i < parts.length; i++) {
    const v4 = i === parts.length - 1 && includes(parts[i], '.') ? parseIPv4(parts[i]) : null;
    if (v4 !== null) append(out, v4);
    else if (regexpExec(PIECE, parts[i]) !== null) {
      const n = parseInt(parts[i], 16);
      append(out, [n >> 8, n & 255]);
    } else return null;
  }
  return out;
}

function append(list, more) {
  for (let i = 0; i < more.length; i++) list[list.length] = more[i];
}

/** The bytes of an address, 4 or 16; null for anything else. An IPv4 address in IPv6 form has 4. */
export function parseAddress(text) {
  const v4 = parseIPv4(text);
  if (v4 !== null) return v4;
  if (!includes(text, ':') || text.length > 64) return null;
  const zone = indexOf(text, '%');
  const halves = split(zone < 0 ? text : slice(text, 0, zone), '::');
  if (halves.length > 2) return null;
  const bytes = parsePieces(halves[0]);
  const tail = halves.length === 2 ? parsePieces(halves[1]) : [];
  if (bytes === null || tail === null) return null;
  const missing = 16 - bytes.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  for (let i = 0; i < missing; i++) bytes[bytes.length] = 0;
  append(bytes, tail);
  for (let i = 0; i < 12; i++) if (bytes[i] !== (i < 10 ? 0 : 255)) return bytes;
  return arraySlice(bytes, 12);
}

// The leading ones of a netmask; -1 when others follow.
function countOnes(netmask) {
  let ones = 0;
  for (let i = 0; i < 32; i++) {
    const isOne = (netmask[i >> 3] >> (7 - (i & 7))) & 1;
    if (isOne && ones < i) return -1;
    ones += isOne;
  }
  return ones;
}

function parseSubnet(text) {
  const slash = lastIndexOf(text, '/');
  const address = slash < 0 ? text : slice(text, 0, slash);
  const bytes = parseAddress(address);
  if (bytes === null) throw new TypeError(`invalid IP address: ${text}`);
  let bits = bytes.length * 8;
  if (slash >= 0) {
    const mask = slice(text, slash + 1);
    const netmask = parseIPv4(mask);
    if (netmask !== null) {
      bits = countOnes(netmask);
      if (bits < 0) throw new TypeError(`invalid range on address: ${text}`);
    } else {
      const given = regexpExec(NUMBER, mask) !== null ? +mask : NaN;
      const isV6 = includes(address, ':');
      // A range of mapped addresses counts from their 96th bit.
      const offset = bytes.length === 4 && isV6 ? 96 : 0;
      if (!(given - offset <= bits) || given - offset < 0 || (bits === 32 && !isV6 && given < 1)) {
        throw new TypeError(`invalid range on address: ${text}`);
      }
      bits = given - offset;
    }
  }
  return { bytes, bits };
}

function contains({ bytes, bits }, address) {
  if (address.length !== bytes.length) return false;
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== address[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (bytes[whole] ^ address[whole]) >> (8 - rest) === 0;
}

const never = () => false;

/** A function (address, hop) → trusted for a "trust proxy" setting. */
export function compileTrust(setting) {
  if (typeof setting === 'function') return setting;
  if (setting === true) return () => true;
  if (setting === false || setting === undefined || setting === null) return never;
  if (typeof setting === 'number') return (address, hop) => hop < setting;
  const subnets = [];
  const names = isArray(setting) ? setting : split(`${setting}`, ',');
  for (let i = 0; i < names.length; i++) {
    const name = isArray(setting) ? names[i] : trim(names[i]);
    const set = SETS[name] ?? [name];
    for (let j = 0; j < set.length; j++) subnets[subnets.length] = parseSubnet(set[j]);
  }
  return (address) => {
    const bytes = typeof address === 'string' ? parseAddress(address) : null;
    if (bytes !== null) for (let i = 0; i < subnets.length; i++) if (contains(subnets[i], bytes)) return true;
    return false;
  };
}

/**
 * The addresses that a request went through, the nearest first, up to the
 * first that is not trusted. X-Forwarded-For names them from far to near.
 */
export function addressesOf(remote, forwarded, trust) {
  const all = [remote];
  if (forwarded) {
    const items = split(forwarded, ',');
    for (let i = items.length - 1; i >= 0; i--) all[all.length] = trim(items[i]);
  }
  for (let i = 0; i < all.length - 1; i++) if (!trust(all[i], i)) return arraySlice(all, 0, i + 1);
  return all;
}
