/**
 * Sends files: validators, conditions, ranges. The bytes go from the file to
 * the socket without passing through JavaScript.
 */

import { readLink } from 'wqjs:internal/native';
import { getcwd, S_IFDIR, S_IFMT, S_IFREG, stat } from 'wqjs:internal/os';
import { isFresh, isPreconditionFailure, isRangeFresh, parseRange, statTag } from 'wqjs:internal/express/conditional';
import { escapeHtml, parseTime, vary } from 'wqjs:internal/express/headers';
import { extension, typeOf, withCharset } from 'wqjs:internal/express/mime';
import { codingsFor } from 'wqjs:internal/express/negotiate';
import { conditions } from 'wqjs:internal/express/request';
import { isHidden, resolve, splitPath, staysBeneath } from 'wqjs:internal/express/safe-path';
import { httpError } from 'wqjs:internal/express/status';
import { arrayJoin } from 'wqjs:internal/globals/primordials';

const MAX_AGE = 31536000; // seconds, a year
const PRECOMPRESSED = { br: '.br', gzip: '.gz' };

const isDirectory = (info) => (info.mode & S_IFMT) === S_IFDIR;
const isFile = (info) => (info.mode & S_IFMT) === S_IFREG;

/** Options with their defaults, once for many requests. */
export function fileOptions(options = {}) {
  const {
    acceptRanges = true, cacheControl = true, dotfiles = 'ignore', etag = true, extensions = false, headers = {},
    immutable = false, index = 'index.html', lastModified = true, maxAge = 0, precompressed = false, root, setHeaders,
  } = options;
  if (!['allow', 'deny', 'ignore'].includes(dotfiles)) throw new TypeError('dotfiles option must be "allow", "deny", or "ignore"');
  if (setHeaders !== undefined && typeof setHeaders !== 'function') throw new TypeError('option setHeaders must be function');
  const encodings = precompressed === true ? ['br', 'gzip'] : precompressed ? [precompressed].flat() : [];
  for (const name of encodings) if (!(name in PRECOMPRESSED)) throw new TypeError(`precompressed: ${name} is neither "br" nor "gzip"`);
  const age = maxAge === Infinity ? MAX_AGE : Math.min(Math.floor(parseTime(maxAge, 0) / 1000), MAX_AGE);
  return {
    acceptRanges, dotfiles, etag, headers, lastModified, setHeaders, encodings,
    cacheControl: cacheControl ? `public, max-age=${age}${immutable ? ', immutable' : ''}` : null,
    extensions: extensions === false ? [] : [extensions].flat(),
    index: index === false ? [] : [index === true ? 'index.html' : index].flat(),
    root: root === undefined ? undefined : resolve(getcwd()[0], root),
    normalized: true,
  };
}

const fail = (done, status, code) => done(httpError(status, undefined, code ? { code } : undefined));

/**
 * Sends the file for an encoded path below the root, or at it.
 *
 * @param {object} hooks fail(error): there is nothing to send; sent(error): the
 *   response is over; onDirectory(slash): it is a directory, and slash tells
 *   that its path lacks the "/" at the end.
 */
export function sendFile(req, res, path, options, hooks) {
  const done = hooks.fail;
  const { onDirectory = () => fail(done, 404, 'EISDIR') } = hooks;
  const o = options.normalized ? options : fileOptions(options);
  const parts = splitPath(path);
  if (typeof parts === 'string') return fail(done, parts === 'traversal' ? 403 : 400);
  if (o.dotfiles !== 'allow' && isHidden(parts)) {
    if (o.root !== undefined) return fail(done, o.dotfiles === 'deny' ? 403 : 404, o.dotfiles === 'deny' ? undefined : 'ENOENT');
    // Without a root, folders on the way are the program's own.
    if (parts[parts.length - 1][0] === '.') return fail(done, o.dotfiles === 'deny' ? 403 : 404);
  }
  const root = o.root === undefined || o.root === '/' ? '' : o.root;
  let file = `${root}/${arrayJoin(parts, '/')}`;
  const endsInSlash = path.endsWith('/');
  let info = stat(file)[0];
  if (info === null && !endsInSlash && extension(file) === '') {
    for (const name of o.extensions) {
      const found = stat(`${file}.${name}`)[0];
      if (found === null || isDirectory(found)) continue;
      info = found;
      file = `${file}.${name}`;
      parts[parts.length - 1] += `.${name}`;
      break;
    }
  }
  if (info !== null && isDirectory(info)) {
    if (!endsInSlash && parts.length > 0) return onDirectory(true);
    const name = o.index.find((n) => {
      const found = stat(`${file}/${n}`)[0];
      return found !== null && isFile(found);
    });
    if (name === undefined) return onDirectory(false);
    parts[parts.length] = name;
    file = `${file === '/' ? '' : file.replace(/\/$/, '')}/${name}`;
    info = stat(file)[0];
  } else if (endsInSlash) return fail(done, 404, 'ENOENT');
  if (info === null || !isFile(info)) return fail(done, 404, 'ENOENT');
  if (o.root !== undefined && !staysBeneath(root, parts)) return fail(done, 403);
  return transfer(req, res, file, info, o, hooks);
}

// A precompressed file beside it that the client takes.
function choose(req, res, file, info, o) {
  if (o.encodings.length === 0) return { file, info };
  res.setHeader('Vary', vary(res.getHeader('vary'), 'Accept-Encoding'));
  for (const name of codingsFor(req.getHeader('accept-encoding'), o.encodings)) {
    const found = stat(file + PRECOMPRESSED[name])[0];
    if (found !== null && isFile(found) && readLink(file + PRECOMPRESSED[name]) === null) {
      return { file: file + PRECOMPRESSED[name], info: found, encoding: name };
    }
  }
  return { file, info };
}

function transfer(req, res, name, original, o, hooks) {
  const done = hooks.fail;
  if (res.headersSent) return done(new Error("Can't set headers after they are sent."));
  const { file, info, encoding } = choose(req, res, name, original, o);
  for (const key of Object.keys(o.headers)) res.setHeader(key, o.headers[key]);
  if (o.setHeaders) o.setHeaders(res, file, info);
  if (o.acceptRanges && !res.hasHeader('accept-ranges')) res.setHeader('Accept-Ranges', 'bytes');
  if (o.cacheControl !== null && !res.hasHeader('cache-control')) res.setHeader('Cache-Control', o.cacheControl);
  if (o.lastModified && !res.hasHeader('last-modified')) res.setHeader('Last-Modified', new Date(info.mtime).toUTCString());
  if (o.etag && !res.hasHeader('etag')) res.setHeader('ETag', statTag(info));
  if (!res.hasHeader('content-type')) {
    const type = typeOf(extension(name));
    res.setHeader('Content-Type', type === undefined ? 'application/octet-stream' : withCharset(type));
  }
  if (encoding) res.setHeader('Content-Encoding', encoding);

  const headers = conditions(req);
  const validators = { etag: res.getHeader('etag'), lastModified: res.getHeader('last-modified') };
  if (isPreconditionFailure(headers, validators)) return fail(done, 412);
  const ok = res.statusCode >= 200 && res.statusCode < 300;
  const isGet = req.method === 'GET' || req.method === 'HEAD';
  if (isGet && (ok || res.statusCode === 304) && isFresh(headers, validators)) {
    for (const key of ['Content-Encoding', 'Content-Language', 'Content-Length', 'Content-Range', 'Content-Type']) res.removeHeader(key);
    res.statusCode = 304;
    return finish(res, () => res.end(), hooks);
  }
  const range = o.acceptRanges && isGet && ok ? req.getHeader('range') : undefined;
  if (range !== undefined && range.startsWith('bytes=') && isRangeFresh(headers, validators)) {
    const ranges = parseRange(info.size, range, { combine: true });
    if (ranges === -1) {
      for (const key of ['Content-Encoding', 'Content-Type', 'ETag', 'Last-Modified', 'Cache-Control']) res.removeHeader(key);
      const all = `bytes */${info.size}`;
      res.setHeader('Content-Range', all);
      return done(httpError(416, undefined, { headers: { 'Content-Range': all } }));
    }
    if (ranges !== -2) {
      res.statusCode = 206;
      if (ranges.length > 1) return sendParts(res, file, info.size, ranges, hooks);
      const [{ start, end }] = ranges;
      res.setHeader('Content-Range', `bytes ${start}-${end}/${info.size}`);
      return finish(res, () => res.file(file, { start, end: end + 1 }), hooks);
    }
  }
  return finish(res, () => res.file(file), hooks);
}

// Runs what ends the response.
function finish(res, end, { fail: failed, sent }) {
  if (sent) {
    let isOver = false;
    const once = (error) => {
      if (!isOver) sent(error);
      isOver = true;
    };
    res.once('finish', () => once());
    res.once('close', () => once(res.finished ? undefined : httpError(499, 'Request aborted', { code: 'ECONNABORTED' })));
  }
  try {
    end();
  } catch (error) {
    failed(fileError(error));
  }
}

function fileError(error) {
  const status = error.code === 'ENOENT' || error.code === 'ENAMETOOLONG' || error.code === 'ENOTDIR' ? 404 : error.code === 'EACCES' ? 403 : 500;
  error.status ??= status;
  error.statusCode ??= status;
  return error;
}

// Several ranges: multipart/byteranges (RFC 9110, section 14.6).
function sendParts(res, file, size, ranges, hooks) {
  const boundary = `wqjs-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  const type = res.getHeader('content-type');
  const parts = ranges.map(({ start, end }, i) => ({
    text: `${i === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${start}-${end}/${size}\r\n\r\n`,
    start,
    end: end + 1,
  }));
  parts[parts.length] = { text: `\r\n--${boundary}--\r\n` };
  res.setHeader('Content-Type', `multipart/byteranges; boundary=${boundary}`);
  finish(res, () => res.file(file, { parts }), hooks);
}

/** A page that tells to go elsewhere. */
export function redirectPage(url) {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Redirecting</title></head><body><pre>Redirecting to ${escapeHtml(url)}</pre></body></html>\n`;
}
