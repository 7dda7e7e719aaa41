/** A handler in a router or route, with the path that it is for. */

import { compile } from 'wqjs:internal/express/path';

// Promises of other makes are followed as well.
const isThenable = (value) => value !== null && typeof value === 'object' && typeof value.then === 'function';

/** Calls a handler; what it throws or rejects with goes to next. */
export function callHandler(handler, req, res, next) {
  if (handler.length > 3) return next(); // for errors only
  let result;
  try {
    result = handler(req, res, next);
  } catch (error) {
    return next(error);
  }
  if (isThenable(result)) follow(result, next);
  return undefined;
}

/** Calls a handler that takes errors; others are passed over. */
export function callErrorHandler(handler, error, req, res, next) {
  if (handler.length !== 4) return next(error);
  let result;
  try {
    result = handler(error, req, res, next);
  } catch (thrown) {
    return next(thrown);
  }
  if (isThenable(result)) follow(result, next);
  return undefined;
}

function follow(promise, next) {
  promise.then(null, (error) => next(error ?? new Error('Rejected promise')));
}

export class Layer {
  /**
   * @param options as for compile() of path.js
   * @param handler a function, or null for a route
   */
  constructor(path, options, handler, route = null) {
    this.handler = handler;
    this.route = route;
    this.path = path;
    // All paths lie below "/".
    this.isRoot = path === '/' && !options.end;
    const { match, text } = this.isRoot ? { match: null, text: null } : compile(path, options);
    this.match = match;
    // A fixed path of a route, by which the router finds it.
    this.text = options.end && text !== '' ? text : null;
  }
}
