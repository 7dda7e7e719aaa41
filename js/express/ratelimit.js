/** Limits how often a client may ask, in windows of time. */

import {
  ceil, Map, mapDelete, mapGet, mapKeys, mapKeysNext, mapSet, mapSize, max,
} from 'wqjs:internal/globals/primordials';
import { parseTime } from 'wqjs:internal/express/headers';
import { httpError } from 'wqjs:internal/express/status';

const { now: clock } = Date;

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
    const had = mapGet(counters, name);
    if (had !== undefined && had.until > now) {
      had.count++;
      return had;
    }
    mapDelete(counters, name);
    if (mapSize(counters) >= maxKeys) forget(now);
    const counter = { count: 1, until: now + window };
    mapSet(counters, name, counter);
    return counter;
  }

  // What is over, and at least one.
  function forget(now) {
    const names = mapKeys(counters);
    for (let step = mapKeysNext(names); !step.done; step = mapKeysNext(names)) {
      if (mapGet(counters, step.value).until > now && mapSize(counters) < maxKeys) break;
      mapDelete(counters, step.value);
    }
  }

  return function limitRate(req, res, next) {
    if (skip(req)) return next();
    const now = clock();
    const counter = count(key(req), now);
    const left = max(0, limit - counter.count);
    const seconds = ceil((counter.until - now) / 1000);
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
