/**
 * Paths of files that clients ask for: what may be sent. With primordials only:
 * whatever a program did to the built-ins' prototypes, the checks stay.
 */

import { readLink } from 'wqjs:internal/native';
import {
  arrayJoin, arraySlice, decodeURIComponent, includes, regexpExec, split, startsWith,
} from 'wqjs:internal/globals/primordials';

const MAX_LINKS = 40;
const ENCODED_SEPARATOR = /%2f|%5c/i;

// The parts of a path that are neither empty nor ".".
function partsOf(path) {
  const all = split(path, '/');
  const out = [];
  for (let i = 0; i < all.length; i++) if (all[i] !== '' && all[i] !== '.') out[out.length] = all[i];
  return out;
}

/** Joins a path to a folder and removes "." and "..". */
export function resolve(base, path) {
  const parts = partsOf(path[0] === '/' ? path : `${base}/${path}`);
  let n = 0;
  for (let i = 0; i < parts.length; i++) {
    if (parts[i] !== '..') parts[n++] = parts[i];
    else if (n > 0) n--;
  }
  return `/${arrayJoin(arraySlice(parts, 0, n), '/')}`;
}

// A path without symbolic links; null when there are too many.
function realPath(path) {
  let done = '';
  let rest = partsOf(path);
  let at = 0;
  for (let links = 0; at < rest.length;) {
    const next = `${done}/${rest[at++]}`;
    const target = readLink(next);
    if (target === null) {
      done = next;
      continue;
    }
    if (++links > MAX_LINKS) return null;
    const parts = partsOf(resolve(done || '/', target));
    for (; at < rest.length; at++) parts[parts.length] = rest[at];
    rest = parts;
    at = 0;
    done = '';
  }
  return done === '' ? '/' : done;
}

/** Whether a path below root stays there when symbolic links are followed. */
export function staysBeneath(root, parts) {
  let path = root;
  for (let i = 0; i < parts.length; i++) {
    path = `${path}/${parts[i]}`;
    if (readLink(path) === null) continue;
    // A link: only now the whole is worth looking at.
    const real = realPath(`${root}/${arrayJoin(parts, '/')}`);
    const base = realPath(root);
    return real !== null && base !== null && (real === base || startsWith(real, base === '/' ? '/' : `${base}/`));
  }
  return true;
}

/** Whether one of the parts is hidden, as its name begins with ".". */
export function isHidden(parts) {
  for (let i = 0; i < parts.length; i++) if (parts[i][0] === '.') return true;
  return false;
}

/**
 * The parts of a URL's path, decoded; a string that names what is wrong with
 * it. A separator that was encoded is refused: no file has it in its name, and
 * who checks paths before does not see it.
 */
export function splitPath(path) {
  if (regexpExec(ENCODED_SEPARATOR, path) !== null) return 'encoded separator';
  let text;
  try {
    text = decodeURIComponent(path);
  } catch {
    return 'malformed escape';
  }
  if (includes(text, '\0')) return 'NUL';
  const parts = partsOf(text);
  for (let i = 0; i < parts.length; i++) if (parts[i] === '..') return 'traversal';
  return parts;
}
