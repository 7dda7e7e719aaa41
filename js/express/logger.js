/** Logs each request when its response is over. */

// What comes from the client must not look like other lines, nor steer a terminal.
const clean = (text) => String(text ?? '-').replace(/[\x00-\x1f\x7f-\x9f"\\]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);

const FORMATS = {
  tiny: (e) => `${e.method} ${clean(e.url)} ${e.status} ${e.length ?? '-'} - ${e.ms.toFixed(1)} ms`,
  common: (e) =>
    `${clean(e.address)} - ${clean(e.user)} [${e.time}] "${e.method} ${clean(e.url)} HTTP/${e.httpVersion}" ${e.status} ${e.length ?? '-'}`,
  combined: (e) => `${FORMATS.common(e)} "${clean(e.referrer)}" "${clean(e.userAgent)}"`,
  json: (e) => JSON.stringify(e),
};

const sizeOf = (chunk) => (typeof chunk === 'string' ? new TextEncoder().encode(chunk).length : (chunk?.byteLength ?? 0));

// Counts the body's bytes; those of files are not known.
function countBytes(res) {
  const count = { bytes: 0 };
  const { write, end, file } = res;
  res.write = (chunk) => {
    count.bytes += sizeOf(chunk);
    return write.call(res, chunk);
  };
  res.end = (chunk) => {
    count.bytes += sizeOf(chunk);
    return chunk === undefined ? end.call(res) : end.call(res, chunk);
  };
  res.file = (...args) => {
    count.bytes = undefined;
    return file.apply(res, args);
  };
  return count;
}

/**
 * @param {object|string} [options] a format ("tiny", "common", "combined",
 *   "json"), or { format: one of these or a function of the entry; write(line);
 *   skip(req, res) }.
 */
export function logger(options = {}) {
  const { format = 'tiny', write = (line) => console.log(line), skip } = typeof options === 'object' ? options : { format: options };
  const toLine = typeof format === 'function' ? format : FORMATS[format];
  if (toLine === undefined) throw new TypeError(`logger: no format "${format}"; there are ${Object.keys(FORMATS).join(', ')}`);
  return function log(req, res, next) {
    const start = performance.now();
    const count = countBytes(res);
    res.once('close', () => {
      if (skip?.(req, res)) return;
      const entry = {
        time: new Date().toISOString(),
        address: req.ip,
        user: req.user,
        method: req.method,
        url: req.originalUrl,
        httpVersion: req.httpVersion,
        status: res.headersSent ? res.statusCode : null,
        length: count.bytes,
        ms: Math.round((performance.now() - start) * 1000) / 1000,
        aborted: !res.finished || undefined,
        referrer: req.get('referrer'),
        userAgent: req.getHeader('user-agent'),
        id: req.id,
      };
      write(toLine(entry));
    });
    next();
  };
}
