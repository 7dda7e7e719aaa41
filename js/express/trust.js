/** The "trust proxy" setting: which addresses may say for whom they ask. */

const SETS = {
  loopback: ['127.0.0.1/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

function parseIPv4(text) {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  const bytes = match.slice(1).map(Number);
  return bytes.every((n) => n < 256) ? bytes : null;
}

function parsePieces(text) {
  if (text === '') return [];
  const out = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const v4 = i === parts.length - 1 && parts[i].includes('.') ? parseIPv4(parts[i]) : null;
    if (v4) out.push(...v4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(parts[i])) {
      const n = parseInt(parts[i], 16);
      out.push(n >> 8, n & 255);
    } else return null;
  }
  return out;
}

/** The bytes of an address, 4 or 16; null for anything else. An IPv4 address in IPv6 form has 4. */
export function parseAddress(text) {
  const v4 = parseIPv4(text);
  if (v4 !== null) return v4;
  if (!text.includes(':') || text.length > 64) return null;
  const halves = text.replace(/%.*$/s, '').split('::');
  if (halves.length > 2) return null;
  const head = parsePieces(halves[0]);
  const tail = halves.length === 2 ? parsePieces(halves[1]) : [];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return null;
  const bytes = [...head, ...new Array(missing).fill(0), ...tail];
  const isMapped = bytes.slice(0, 10).every((b) => b === 0) && bytes[10] === 255 && bytes[11] === 255;
  return isMapped ? bytes.slice(12) : bytes;
}

function parseSubnet(text) {
  const slash = text.lastIndexOf('/');
  const address = slash < 0 ? text : text.slice(0, slash);
  const bytes = parseAddress(address);
  if (bytes === null) throw new TypeError(`invalid IP address: ${text}`);
  let bits = bytes.length * 8;
  if (slash >= 0) {
    const mask = text.slice(slash + 1);
    const netmask = parseIPv4(mask);
    if (netmask !== null) {
      const binary = netmask.map((b) => b.toString(2).padStart(8, '0')).join('');
      if (!/^1*0*$/.test(binary)) throw new TypeError(`invalid range on address: ${text}`);
      bits = binary.indexOf('0') < 0 ? 32 : binary.indexOf('0');
    } else {
      const given = /^\d+$/.test(mask) ? Number(mask) : NaN;
      // A range of mapped addresses counts from their 96th bit.
      const offset = bytes.length === 4 && address.includes(':') ? 96 : 0;
      if (!(given - offset <= bits) || given - offset < 0 || (bits === 32 && !address.includes(':') && given < 1)) {
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
  const names = Array.isArray(setting) ? setting : String(setting).split(',').map((s) => s.trim());
  const subnets = names.flatMap((name) => SETS[name] ?? [name]).map(parseSubnet);
  if (subnets.length === 0) return never;
  return (address) => {
    const bytes = typeof address === 'string' ? parseAddress(address) : null;
    return bytes !== null && subnets.some((subnet) => contains(subnet, bytes));
  };
}

/**
 * The addresses that a request went through, the nearest first, up to the
 * first that is not trusted. X-Forwarded-For names them from far to near.
 */
export function addressesOf(remote, forwarded, trust) {
  const all = [remote];
  if (forwarded) for (const item of forwarded.split(',').reverse()) all.push(item.trim());
  for (let i = 0; i < all.length - 1; i++) if (!trust(all[i], i)) return all.slice(0, i + 1);
  return all;
}
