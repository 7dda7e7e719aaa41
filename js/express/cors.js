/** Cross-origin requests (Fetch standard, section 3.2). */

import { isArray, regexpExec } from 'wqjs:internal/globals/primordials';
import { vary } from 'wqjs:internal/express/headers';

const METHODS = 'GET,HEAD,PUT,PATCH,POST,DELETE';
const list = (value) => [value].flat().join(',');

const { RegExp } = globalThis;

function matches(origin, allowed) {
  if (isArray(allowed)) {
    for (let i = 0; i < allowed.length; i++) if (matches(origin, allowed[i])) return true;
    return false;
  }
  if (allowed instanceof RegExp) {
    allowed.lastIndex = 0; // with the flag g it would go on behind the last match
    return regexpExec(allowed, origin) !== null;
  }
  return allowed === true || allowed === origin;
}

function addVary(res, name) {
  res.setHeader('Vary', vary(res.getHeader('vary'), name));
}

/**
 * @param {object} [options] origin: "*", an origin, a RegExp, a list of them,
 *   true for any that asks, false for none, or a function (origin, req) that
 *   gives one of these; methods, allowedHeaders, exposedHeaders, credentials,
 *   maxAge (seconds), preflightContinue, optionsSuccessStatus.
 */
export function cors(options = {}) {
  const {
    origin = '*', methods = METHODS, allowedHeaders, exposedHeaders, credentials = false, maxAge,
    preflightContinue = false, optionsSuccessStatus = 204,
  } = options;
  if (origin === '*' && credentials) throw new TypeError('cors: browsers refuse credentials with origin "*"; name the origins');

  function setOrigin(req, res, allowed) {
    if (allowed === false || allowed === undefined) return false;
    if (allowed === '*') {
      res.setHeader('Access-Control-Allow-Origin', '*');
      return true;
    }
    addVary(res, 'Origin');
    if (typeof allowed === 'string') {
      res.setHeader('Access-Control-Allow-Origin', allowed);
      return true;
    }
    const asked = req.getHeader('origin');
    if (asked === undefined || !matches(asked, allowed)) return false;
    res.setHeader('Access-Control-Allow-Origin', asked);
    return true;
  }

  function preflight(req, res, next) {
    res.setHeader('Access-Control-Allow-Methods', list(methods));
    if (allowedHeaders !== undefined) res.setHeader('Access-Control-Allow-Headers', list(allowedHeaders));
    else {
      addVary(res, 'Access-Control-Request-Headers');
      const asked = req.getHeader('access-control-request-headers');
      if (asked) res.setHeader('Access-Control-Allow-Headers', asked);
    }
    if (maxAge !== undefined) res.setHeader('Access-Control-Max-Age', String(maxAge));
    if (preflightContinue) return next();
    res.statusCode = optionsSuccessStatus;
    res.setHeader('Content-Length', '0');
    return res.end();
  }

  function apply(req, res, next, allowed) {
    const isAllowed = setOrigin(req, res, allowed);
    const isPreflight = req.method === 'OPTIONS' && req.getHeader('access-control-request-method') !== undefined;
    if (isAllowed) {
      if (credentials) res.setHeader('Access-Control-Allow-Credentials', 'true');
      if (isPreflight) return preflight(req, res, next);
      if (exposedHeaders !== undefined) res.setHeader('Access-Control-Expose-Headers', list(exposedHeaders));
    }
    return next();
  }

  const later = async (answer, req, res, next) => apply(req, res, next, await answer);

  return function allowOrigins(req, res, next) {
    if (typeof origin !== 'function') return apply(req, res, next, origin);
    const answer = origin(req.getHeader('origin'), req);
    return typeof answer?.then === 'function' ? later(answer, req, res, next) : apply(req, res, next, answer);
  };
}
