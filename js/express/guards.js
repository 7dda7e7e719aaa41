/** Small middleware: request ids, timeouts, basic authentication, health. */

import { uuid } from 'wqjs:internal/globals/crypto';
import { digest, utf8Decode } from 'wqjs:internal/native';
import { indexOf, objectKeys, regexpExec, slice } from 'wqjs:internal/globals/primordials';
import { parseTime } from 'wqjs:internal/express/headers';
import { httpError } from 'wqjs:internal/express/status';

const { fromBase64 } = Uint8Array;
const HARMLESS = /^[\w.:+/=-]{1,128}$/;
const BASIC = /^basic\s+([A-Za-z0-9+/=]+)\s*$/i;

/**
 * Gives each request an id, as req.id and in a response header.
 *
 * @param {object} [options] header: its name; generate(req): makes one; trust:
 *   take the client's, if it is harmless.
 */
export function requestId({ header = 'X-Request-Id', generate = uuid, trust = false } = {}) {
  const lower = header.toLowerCase();
  return function setRequestId(req, res, next) {
    const given = trust ? req.getHeader(lower) : undefined;
    req.id = given !== undefined && regexpExec(HARMLESS, given) !== null ? given : generate(req);
    res.setHeader(header, req.id);
    next();
  };
}

/**
 * Fails requests that are not answered in time.
 *
 * @param time milliseconds, or "5s"
 * @param {object} [options] status of the error (default 503)
 */
export function timeout(time, { status = 503 } = {}) {
  const ms = parseTime(time);
  if (!(ms > 0)) throw new TypeError('timeout: the time must be a positive number');
  return function limitTime(req, res, next) {
    req.timedout = false;
    const timer = setTimeout(() => {
      if (res.headersSent) return;
      req.timedout = true;
      next(httpError(status, 'Response timeout', { code: 'ETIMEDOUT', timeout: ms }));
    }, ms);
    res.once('close', () => clearTimeout(timer));
    next();
  };
}

// Compares texts of any length without telling by the time where they differ.
function isSame(a, b) {
  const x = digest('sha256', a, 'wqjs basic auth');
  const y = digest('sha256', b, 'wqjs basic auth');
  let difference = 0;
  for (let i = 0; i < x.length; i++) difference |= x[i] ^ y[i];
  return difference === 0;
}

function checkUsers(users) {
  return (name, password) => {
    let found = false;
    const names = objectKeys(users);
    for (let i = 0; i < names.length; i++) {
      const isName = isSame(names[i], name);
      const isPassword = isSame(`${users[names[i]]}`, password);
      found = (isName && isPassword) || found;
    }
    return found;
  };
}

function credentials(header) {
  const match = regexpExec(BASIC, header ?? '');
  if (match === null) return null;
  let text;
  try {
    text = utf8Decode(fromBase64(match[1]), 0, undefined, false);
  } catch {
    return null;
  }
  const colon = indexOf(text, ':');
  return colon < 0 ? null : { name: slice(text, 0, colon), password: slice(text, colon + 1) };
}

/**
 * Basic authentication (RFC 7617); the name is in req.user.
 *
 * @param {object} options users: passwords by name; or check(name, password,
 *   req), which may be async; realm.
 */
export function basicAuth({ users, check, realm = 'Restricted' } = {}) {
  if (typeof check !== 'function' && (typeof users !== 'object' || users === null)) throw new TypeError('basicAuth needs users or check');
  const test = check ?? checkUsers(users);
  const challenge = `Basic realm="${realm.replace(/["\\]/g, '\\$&')}", charset="UTF-8"`;
  const later = async (result, decide) => decide(await result);
  return function authenticate(req, res, next) {
    const given = credentials(req.getHeader('authorization'));
    const decide = (isRight) => {
      if (isRight === true) {
        req.user = given.name;
        return next();
      }
      return next(httpError(401, undefined, { headers: { 'WWW-Authenticate': challenge } }));
    };
    if (given === null) return decide(false);
    const result = test(given.name, given.password, req);
    return typeof result?.then === 'function' ? later(result, decide) : decide(result);
  };
}

const started = Date.now();

function within(promise, ms) {
  let timer;
  const late = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * Answers a path with 200 and JSON while all checks pass, else with 503.
 *
 * @param {object} [options] path (default "/health"); checks: functions by
 *   name, which may be async and throw when something is wrong; timeout of each;
 *   details: tell the errors' messages.
 */
export function health({ path = '/health', checks = {}, timeout: time, details = false } = {}) {
  const ms = parseTime(time, 5000);
  return async function checkHealth(req, res, next) {
    if (req.path !== path || (req.method !== 'GET' && req.method !== 'HEAD')) return next();
    const results = {};
    let isHealthy = true;
    await Promise.all(
      Object.keys(checks).map(async (name) => {
        try {
          await within(Promise.resolve().then(() => checks[name](req)), ms);
          results[name] = 'ok';
        } catch (error) {
          isHealthy = false;
          results[name] = details ? String(error?.message ?? error) : 'failed';
        }
      }),
    );
    const body = { status: isHealthy ? 'ok' : 'failed', uptime: Math.round((Date.now() - started) / 1000), checks: results };
    return res.set('Cache-Control', 'no-store').status(isHealthy ? 200 : 503).json(body);
  };
}
