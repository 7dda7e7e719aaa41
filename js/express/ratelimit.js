/** Limits how often a client may ask, in windows of time. */

import { parseTime } from 'wqjs:internal/express/headers';
import { httpError } from 'wqjs:internal/express/status';

/**
 * @param {object} [options] window: milliseconds or "15m"; limit: requests in
 *   one; key(req): who counts as one, default the address; maxKeys: how many
 *   are remembered, the oldest are forgotten; skip(req): not counted; headers:
 *   tell the client; handler(req, res, next): instead of the error 429.
 */
export function rateLimit(options = {}) {
  const { limit = 100, key = (req) => req.ip, maxKeys = 10_000, skip = () => false, headers = true } = options;
  const window = parseTime(options.window, 60_000);
  if (!(limit >= 0) || !(window > 0)) throw new TypeError('rateLimit: limit and window must be positive numbers');
  const handler = options.handler ?? ((req, res, next) => next(httpError(429)));
  const counters = new Map(); // in the order of their windows

  function count(name, now) {
    const had = counters.get(name);
    if (had !== undefined && had.until > now) {
      had.count++;
      return had;
    }
    counters.delete(name);
    if (counters.size >= maxKeys) forget(now);
    const counter = { count: 1, until: now + window };
    counters.set(name, counter);
    return counter;
  }

  // What is over, and at least one.
  function forget(now) {
    for (const [name, { until }] of counters) {
      if (until > now && counters.size < maxKeys) break;
      counters.delete(name);
    }
  }

  return function limitRate(req, res, next) {
    if (skip(req)) return next();
    const now = Date.now();
    const counter = count(key(req), now);
    const left = Math.max(0, limit - counter.count);
    const seconds = Math.ceil((counter.until - now) / 1000);
    if (headers) {
      res.setHeader('RateLimit-Limit', String(limit));
      res.setHeader('RateLimit-Remaining', String(left));
      res.setHeader('RateLimit-Reset', String(seconds));
    }
    if (counter.count <= limit) return next();
    res.setHeader('Retry-After', String(seconds));
    return handler(req, res, next);
  };
}
