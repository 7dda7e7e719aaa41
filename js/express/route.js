/** A route: one path with handlers for its methods. */

import { readDefault } from 'wqjs:internal/express/body';
import { callErrorHandler, callHandler } from 'wqjs:internal/express/layer';
import { METHODS } from 'wqjs:internal/express/methods';

// Handlers that call each other without waiting nest; after so many the stack is unwound.
export const MAX_NESTING = 40;

export function checkHandlers(list, where) {
  const handlers = list.flat(Infinity);
  if (handlers.length === 0) throw new TypeError(`${where} requires a handler function`);
  for (const handler of handlers) {
    if (typeof handler !== 'function') {
      throw new TypeError(`${where} requires handler functions, not ${handler === null ? 'null' : typeof handler}`);
    }
  }
  return handlers;
}

// Whether a body may be there that nobody has looked at.
function needsBody(req, method) {
  if (method === 'GET' || method === 'HEAD' || req._body !== undefined || req._isRead) return false;
  return req._app?.settings['body parser'] === true;
}

export class Route {
  constructor(path) {
    this.path = path;
    this.stack = []; // { method, handler }; method '' is all
    this.methods = Object.create(null);
    this.router = null; // that has it
  }

  handles(method) {
    const { methods } = this;
    return methods._all === true || methods[method] === true || (method === 'HEAD' && methods.GET === true);
  }

  add(method, list) {
    for (const handler of checkHandlers(list, `Route.${method === '' ? 'all' : method.toLowerCase()}()`)) {
      this.stack.push({ method, handler });
    }
    this.methods[method === '' ? '_all' : method] = true;
    if (this.router !== null) this.router.routes = null;
    return this;
  }

  all(...handlers) {
    return this.add('', handlers);
  }

  // The place behind the last handler of a method.
  lastFor(method) {
    let i = this.stack.length;
    while (i > 0 && this.stack[i - 1].method !== method && this.stack[i - 1].method !== '') i--;
    return i;
  }

  // The last handler gets the body parsed, unless one before has read it.
  callLast(handler, method, req, res, next) {
    if (!needsBody(req, method)) return callHandler(handler, req, res, next);
    return readDefault(req, res, (error) => (error ? next(error) : callHandler(handler, req, res, next)));
  }

  /** done takes 'route' as nothing and 'router' as it comes. */
  dispatch(req, res, done) {
    const { stack } = this;
    if (stack.length === 0) return done();
    let { method } = req;
    if (method === 'HEAD' && this.methods.HEAD !== true) method = 'GET';
    // The usual case: one handler.
    if (stack.length === 1) {
      const entry = stack[0];
      if (entry.method !== method && entry.method !== '') return done();
      return this.callLast(entry.handler, method, req, res, done);
    }
    let at = 0;
    let nested = 0;
    const next = (error) => {
      if (error === 'route') return done();
      if (error === 'router') return done(error);
      if (++nested > MAX_NESTING) {
        nested = 0;
        queueMicrotask(() => next(error));
        return undefined;
      }
      while (at < stack.length) {
        const entry = stack[at++];
        if (entry.method !== '' && entry.method !== method) continue;
        if (error) callErrorHandler(entry.handler, error, req, res, next);
        else if (at === this.lastFor(method)) this.callLast(entry.handler, method, req, res, next);
        else callHandler(entry.handler, req, res, next);
        nested--;
        return undefined;
      }
      return done(error);
    };
    return next();
  }
}

for (const method of METHODS) {
  Route.prototype[method] = function (...handlers) {
    return this.add(method.toUpperCase(), handlers);
  };
}
