/** A handler in a router or route, with the path that it is for. */

import { onFailure } from 'wqjs:internal/globals/primordials';
import { noteFailure } from 'wqjs:internal/http-native';
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
    noteFailure(error);
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
  onFailure(promise, (error) => {
    noteFailure(error);
    next(error ?? new Error('Rejected promise'));
  });
}

// What findRoute() knows of a layer: see http_router.c.
const ALL = 0;
const SEGMENTS = 1;
const PREFIX = 2;
const SCRIPT = 3;
const ROUTE = 1;
const SENSITIVE = 2;
const STRICT = 4;
const MAX_NAMES = 32;

const isASCII = (text) => !/[^\0-\x7f]/.test(text);

export class Layer {
  /**
   * @param options as for compile() of path.js
   * @param handler a function, or null for a route
   */
  constructor(path, options, handler, route = null) {
    this.handler = handler;
    this.route = route;
    this.path = path;
    this.options = options;
    // All paths lie below "/".
    this.isRoot = path === '/' && !options.end;
    const { match, texts, names } = this.isRoot ? { match: () => ({ path: '', params: null }) } : compile(path, options);
    this.match = match;
    this.texts = texts; // what stands before each of the names, and behind the last
    this.names = names;
    this.only = null; // the handler, if the route has just one, for GET
  }

  /** For routesNew(). */
  describe() {
    const { route, texts, names } = this;
    const { sensitive, strict, end } = this.options;
    const flags = (route === null ? 0 : ROUTE) | (sensitive ? SENSITIVE : 0) | (strict ? STRICT : 0);
    let methods;
    if (route !== null) {
      methods = Object.keys(route.methods);
      this.only = route.stack.length === 1 && route.stack[0].method === 'GET' ? route.stack[0].handler : null;
    }
    if (this.isRoot) return [ALL, flags, methods];
    if (texts === null || !texts.every(isASCII)) return [SCRIPT, flags, methods];
    const lower = sensitive ? texts : texts.map((text) => text.toLowerCase());
    if (end && names.length <= MAX_NAMES) return [SEGMENTS, flags, methods, lower, names];
    return [PREFIX, flags, methods, [lower[0]]];
  }
}
