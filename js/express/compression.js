/** Compresses responses as the client allows it: RFC 9110, section 12.5.3. */

import { close, O_RDONLY, open, read, seek, stat } from 'wqjs:internal/os';
import { codings, Encoder } from 'wqjs:internal/express/codec';
import { parseBytes, vary } from 'wqjs:internal/express/headers';
import { codingsFor, mediaType } from 'wqjs:internal/express/negotiate';

const COMPRESSIBLE = /^(?:text\/(?!event-stream)|application\/(?:json|javascript|xml|wasm|manifest\+json|x-www-form-urlencoded|rtf|sql|toml|vnd\.ms-fontobject)|font\/(?:ttf|otf|collection)|image\/(?:svg\+xml|bmp|vnd\.microsoft\.icon)|model\/gltf|[^/]+\/[^;]+\+(?:json|xml|text))/;
const FILE_CHUNK = 64 * 1024;

/** Whether a type gets smaller. */
export function isCompressible(type) {
  return COMPRESSIBLE.test(mediaType(type));
}

const sizeOf = (chunk) => (chunk === undefined || chunk === null ? 0 : (chunk.byteLength ?? chunk.length));

/**
 * @param {object} [options] encodings: what is offered, the preferred first;
 *   threshold: bytes below which it is not worth it; level: 1 to 9; filter(req,
 *   res): whether a response may be compressed.
 */
export function compression(options = {}) {
  const { level = -1, filter = (req, res) => isCompressible(res.getHeader('content-type')) } = options;
  const threshold = parseBytes(options.threshold, 1024);
  const offers = options.encodings ?? codings();
  for (const name of offers) {
    if (!codings().includes(name)) throw new TypeError(`compression: no encoding "${name}"; there are ${codings().join(', ')}`);
  }
  return function compress(req, res, next) {
    new Compressor(req, res, { level, filter, threshold, offers });
    next();
  };
}

/** Stands between the handlers and one response. */
class Compressor {
  constructor(req, res, options) {
    this.req = req;
    this.res = res;
    this.options = options;
    this.encoder = undefined; // null: sent as it is
    this.native = { write: res.write, end: res.end, file: res.file, flushHeaders: res.flushHeaders };
    res.write = (chunk) => this.write(chunk);
    res.end = (chunk) => this.end(chunk);
    res.file = (file, range) => this.file(file, range);
    res.flushHeaders = () => {
      this.decide(Infinity);
      this.native.flushHeaders.call(res);
    };
  }

  // Before the headers go out: whether to compress, with what.
  decide(length) {
    if (this.encoder !== undefined) return;
    this.encoder = null;
    const { req, res } = this;
    const { filter, threshold, offers, level } = this.options;
    const { statusCode } = res;
    if (res.headersSent || statusCode === 204 || statusCode === 206 || statusCode === 304) return;
    if (/(?:^|,)\s*no-transform\s*(?:,|$)/i.test(res.getHeader('cache-control') ?? '')) return;
    if (!filter(req, res)) return;
    res.setHeader('Vary', vary(res.getHeader('vary'), 'Accept-Encoding'));
    if (length < threshold || req.method === 'HEAD' || res.hasHeader('content-encoding')) return;
    const [name] = codingsFor(req.getHeader('accept-encoding'), [...offers, 'identity']);
    if (name === undefined || name === 'identity') return;
    try {
      this.encoder = new Encoder(name, level);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      return; // too many at a time: as it is
    }
    res.once('close', () => this.encoder.close());
    res.setHeader('Content-Encoding', name);
    res.removeHeader('Content-Length');
    res.removeHeader('Accept-Ranges');
    // The bytes are others: a strong validator would lie.
    const tag = res.getHeader('etag');
    if (tag !== undefined && !tag.startsWith('W/')) res.setHeader('ETag', `W/${tag}`);
  }

  send(pieces) {
    let room = true;
    for (const piece of pieces) room = this.native.write.call(this.res, piece);
    return room;
  }

  write(chunk) {
    this.decide(Number(this.res.getHeader('content-length') ?? Infinity));
    if (this.encoder === null) return this.native.write.call(this.res, chunk);
    return this.send(this.encoder.write(chunk, true));
  }

  end(chunk) {
    this.decide(sizeOf(chunk));
    const { res } = this;
    if (this.encoder === null) return chunk === undefined ? this.native.end.call(res) : this.native.end.call(res, chunk);
    if (res.headersSent) {
      this.send(this.encoder.finish(chunk ?? ''));
      return this.native.end.call(res);
    }
    const pieces = [...this.encoder.finish(chunk ?? '')];
    if (pieces.length === 1) return this.native.end.call(res, pieces[0]);
    this.send(pieces);
    return this.native.end.call(res);
  }

  file(file, range = {}) {
    const info = typeof file === 'string' ? stat(file)[0] : null;
    const { start = 0, end = info?.size ?? 0 } = range;
    if (info !== null && range.parts === undefined) this.decide(end - start);
    else this.encoder ??= null;
    if (this.encoder === null) return this.native.file.call(this.res, file, range);
    const fd = open(file, O_RDONLY);
    if (fd < 0) return this.native.file.call(this.res, file, range); // throws what is wrong
    this.copy(fd, start, end).catch(() => this.res.destroy());
    return this.res;
  }

  async copy(fd, start, end) {
    try {
      seek(fd, start, 0);
      for (let at = start; at < end && !this.res.destroyed;) {
        const buffer = new ArrayBuffer(Math.min(FILE_CHUNK, end - at));
        const n = read(fd, buffer, 0, buffer.byteLength);
        if (n <= 0) throw new Error('the file has become shorter');
        at += n;
        await this.send(this.encoder.write(new Uint8Array(buffer, 0, n)));
      }
      this.send(this.encoder.finish());
      this.native.end.call(this.res);
    } finally {
      close(fd);
    }
  }
}
