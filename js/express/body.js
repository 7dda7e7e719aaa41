/** Body parsers: json, urlencoded, text, raw, and what a request gets without one. */

import { IncomingMessage } from 'wqjs:http';
import { regexpExec, startsWith, then, toLowerCase, Uint8Array, uncurry, viewByteLength } from 'wqjs:internal/globals/primordials';
import { decode, utf8Decode } from 'wqjs:internal/native';
import { parseBytes } from 'wqjs:internal/express/headers';
import { mediaType, parameter } from 'wqjs:internal/express/negotiate';
import { countParameters, parseExtended, parseSimple } from 'wqjs:internal/express/query';
import { hasBody, matchTypes } from 'wqjs:internal/express/request';
import { httpError } from 'wqjs:internal/express/status';

const LIMIT = 100 * 1024;
const BEGIN = /^[\x20\t\n\r]*(.)?/s;
const { parse } = JSON;
const readAll = uncurry(IncomingMessage.prototype.bytes);
const readNow = uncurry(IncomingMessage.prototype.readNow);

const tooLarge = (limit) => httpError(413, 'request entity too large', { type: 'entity.too.large', limit });

// The charset of a body; undefined for one that cannot be read.
function charsetOf(header, fallback) {
  const name = toLowerCase(parameter(header, 'charset') ?? fallback);
  try {
    return new TextDecoder(name).encoding;
  } catch {
    throw httpError(415, `unsupported charset "${name.toUpperCase()}"`, { charset: name, type: 'charset.unsupported' });
  }
}

function inflate(req, bytes, encoding, limit) {
  try {
    return decode(encoding === 'x-gzip' ? 'gzip' : encoding, bytes, limit < 0x7fffffff ? limit : 0x7fffffff);
  } catch (error) {
    if (error.code === 'EFBIG') throw tooLarge(limit);
    if (error.code === 'ENOENT') {
      throw httpError(415, `unsupported content encoding "${encoding}"`, { encoding, type: 'encoding.unsupported' });
    }
    throw httpError(400, error.message, { type: 'encoding.damaged' });
  }
}

/** The body's bytes, at once if they are here, else a promise. Throws or rejects with an error that has a status. */
export function readBytes(req, { limit, inflate: mayInflate }) {
  const encoding = toLowerCase(req.getHeader('content-encoding') ?? 'identity');
  if (encoding !== 'identity' && !mayInflate) {
    throw httpError(415, 'content encoding unsupported', { encoding, type: 'encoding.unsupported' });
  }
  const finish = (bytes) => {
    if (viewByteLength(bytes) > limit) throw tooLarge(limit);
    return encoding === 'identity' ? bytes : inflate(req, bytes, encoding, limit);
  };
  if (+req.getHeader('content-length') > limit) throw tooLarge(limit);
  const bytes = readNow(req);
  if (bytes !== null) return finish(bytes);
  return then(readAll(req, { limit }), finish, (error) => {
    if (error.status === 413) throw tooLarge(limit);
    throw httpError(400, 'request aborted', { type: 'request.aborted', code: 'ECONNABORTED', cause: error });
  });
}

function checkOptions(options, type) {
  const { inflate = true, limit, verify } = options;
  if (verify !== undefined && verify !== false && typeof verify !== 'function') throw new TypeError('option verify must be function');
  const wanted = options.type ?? type;
  return {
    inflate,
    limit: parseBytes(limit, LIMIT),
    verify: verify || null,
    keep: options.keep === true, // for those who read the body all the same
    matches: typeof wanted === 'function' ? wanted : typeMatcher([wanted].flat()),
  };
}

const typeMatcher = (types) => (req) => matchTypes(mediaType(req.getHeader('content-type')), types) !== false;

// A middleware that reads bodies of a type and makes req.body of them.
function parser(options, convert, charset) {
  const { matches, verify } = options;
  return function parseBody(req, res, next) {
    if (req._isRead || !hasBody(req) || !matches(req)) return next();
    const accept = (bytes, encoding) => {
      if (verify !== null) {
        try {
          verify(req, res, bytes, encoding);
        } catch (error) {
          throw httpError(403, error?.message, { type: error?.type ?? 'entity.verify.failed', cause: error });
        }
      }
      req.body = convert(bytes, encoding);
      if (options.keep) req._raw = bytes;
      req._isRead = true;
    };
    let result;
    try {
      const encoding = charset(req.getHeader('content-type'));
      const bytes = readBytes(req, options);
      if (bytes instanceof Uint8Array) accept(bytes, encoding);
      else result = then(bytes, (b) => accept(b, encoding));
    } catch (error) {
      return next(error);
    }
    return result === undefined ? next() : void then(result, () => next(), next);
  };
}

function decodeText(bytes, charset) {
  if (charset !== 'utf-8') return new TextDecoder(charset, { ignoreBOM: false }).decode(bytes);
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return utf8Decode(bytes, mark, undefined, false);
}

function onlyUTF(header) {
  const charset = charsetOf(header, 'utf-8');
  if (startsWith(charset, 'utf-')) return charset;
  throw httpError(415, `unsupported charset "${charset.toUpperCase()}"`, { charset, type: 'charset.unsupported' });
}

function parseJSON(text, { strict = true, reviver }) {
  if (text === '') return {};
  const first = strict ? regexpExec(BEGIN, text)[1] : '';
  try {
    if (strict && first !== '{' && first !== '[') throw new SyntaxError(`Unexpected token '${first ?? ''}', the body is no object and no array`);
    return parse(text, reviver);
  } catch (error) {
    throw Object.assign(error, { status: 400, statusCode: 400, expose: true, type: 'entity.parse.failed', body: text });
  }
}

/** Bodies of application/json; strict takes objects and arrays only. */
export function json(options = {}) {
  return parser(
    checkOptions(options, 'application/json'),
    (bytes, charset) => parseJSON(decodeText(bytes, charset), options),
    onlyUTF,
  );
}

function parseForm(text, { extended = false, parameterLimit = 1000, depth = 32 }) {
  if (text === '') return extended ? {} : Object.create(null);
  if (countParameters(text) > parameterLimit) throw httpError(413, 'too many parameters', { type: 'parameters.too.many' });
  if (!extended) return parseSimple(text, { parameterLimit });
  try {
    return parseExtended(text, { depth, parameterLimit, strictDepth: true, arrayLimit: Math.max(100, countParameters(text)) });
  } catch (error) {
    if (error instanceof RangeError) throw httpError(400, 'The input exceeded the depth', { type: 'querystring.parse.rangeError' });
    throw error;
  }
}

/** Bodies of application/x-www-form-urlencoded. */
export function urlencoded(options = {}) {
  const { parameterLimit = 1000, depth = 32 } = options;
  if (!(parameterLimit >= 1)) throw new TypeError('option parameterLimit must be a positive number');
  if (!(depth >= 0)) throw new TypeError('option depth must be a zero or a positive number');
  const fallback = options.defaultCharset ?? 'utf-8';
  return parser(
    checkOptions(options, 'application/x-www-form-urlencoded'),
    (bytes, charset) => parseForm(decodeText(bytes, charset), options),
    (header) => charsetOf(header, fallback),
  );
}

/** Bodies of text/plain as strings. */
export function text(options = {}) {
  const fallback = options.defaultCharset ?? 'utf-8';
  return parser(checkOptions(options, 'text/plain'), decodeText, (header) => charsetOf(header, fallback));
}

/** Bodies of application/octet-stream as bytes. */
export function raw(options = {}) {
  return parser(checkOptions(options, 'application/octet-stream'), (bytes) => bytes, () => null);
}

const isText = (type) => type === '' || startsWith(type, 'text/');

const defaultParsers = [
  json({ type: ['application/json', '+json'], keep: true }),
  urlencoded({ extended: true, keep: true }),
  text({ type: (req) => isText(mediaType(req.getHeader('content-type'))), keep: true }),
];

/**
 * Without a body parser, the handlers of a route find JSON and forms parsed and
 * text as a string (setting "body parser"). Other bodies are theirs to read.
 */
export function readDefault(req, res, next) {
  let i = 0;
  const step = (error) => {
    if (error || i === defaultParsers.length || req._isRead) next(error);
    else defaultParsers[i++](req, res, step);
  };
  step();
}
