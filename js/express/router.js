/**
 * The router: layers in the order they were added. A request visits those that
 * match; each passes it on with next().
 *
 * Which layer is the next is found natively (routes of wqjs:internal/http-native),
 * for paths without wildcards, optional parts and regular expressions; the others
 * are matched here, as is all for requests that are not a server's.
 */

import { findRoute, routesNew } from 'wqjs:internal/http-native';
import { errorPage } from 'wqjs:internal/express/final';
import { callErrorHandler, callHandler, Layer } from 'wqjs:internal/express/layer';
import { METHODS } from 'wqjs:internal/express/methods';
import { checkHandlers, MAX_NESTING, Route } from 'wqjs:internal/express/route';
import { originLength, pathOf } from 'wqjs:internal/express/url';

/** One request on its way through one router. */
class Walk {
  constructor(router, req, res, done) {
    this.router = router;
    this.req = req;
    this.res = res;
    this.done = done; // null: what nobody answers gets the application's page
    this.last = -1; // where in the stack the walk is
    this.outer = req._walk; // of the router above
    if (done !== null) this.outerParams = req.params; // they end with this router
    this.next = (error) => this.step(error);
    req._walk = this;
  }

  end(error) {
    const { req, res, done, allow } = this;
    req._walk = this.outer;
    if (done !== null) req.params = this.outerParams;
    if (!error && allow !== null && allow.size > 0) sendOptions(res, allow);
    else if (done === null) errorPage(req._app, req, res, error);
    else done(error);
  }

  restoreUrl() {
    const { req, removed } = this;
    const { url } = req;
    req.baseUrl = this.baseUrl;
    if (url === this.trimmed) req.url = this.whole;
    else {
      const n = originLength(url);
      req.url = url.slice(0, n) + removed + url.slice(n);
    }
    this.removed = '';
  }

  step(error) {
    if (error === 'route') error = undefined;
    if (this.removed !== '') this.restoreUrl();
    if (error === 'router') {
      queueMicrotask(() => this.end());
      return;
    }
    if (++this.nested > MAX_NESTING) {
      this.nested = 0;
      queueMicrotask(() => this.step(error));
      return;
    }
    const { req, router } = this;
    const routes = router.routes ?? router.compile();
    for (;;) {
      const found = findRoute(routes, req, this.last + 1, error);
      if (found < 0) {
        this.end(error);
        return;
      }
      this.last = found >> 1;
      const layer = router.stack[found >> 1];
      if ((found & 1) === 0) this.enter(layer, '', error);
      else {
        const path = pathOf(req);
        if (path === null) {
          this.end(error);
          return;
        }
        let match;
        try {
          match = layer.match(path);
        } catch (thrown) {
          error ??= thrown;
          continue;
        }
        if (match === null || !this.takes(layer.route, error)) continue;
        req.params = match.params ?? undefined;
        this.enter(layer, match.path, error);
      }
      this.nested--;
      return;
    }
  }

  // Whether a layer is for the request's method; routes are not for errors.
  takes(route, error) {
    if (route === null) return true;
    if (error) return false;
    const { method } = this.req;
    if (route.handles(method)) return true;
    if (method === 'OPTIONS') {
      this.allow ??= new Set();
      for (const one in route.methods) if (one !== '_all') this.allow.add(one);
      if (route.methods.GET) this.allow.add('HEAD');
    }
    return false;
  }

  enter(layer, layerPath, error) {
    const { router, req } = this;
    if (router.mergeParams) req.params = merge(this.outerParams, req.params);
    if (router.paramNames !== null) runParams(this, layer, layerPath, error);
    else this.handle(layer, layerPath, error);
  }

  handle(layer, layerPath, error) {
    const { req, res, next } = this;
    if (layer.route !== null) {
      req.route = layer.route;
      layer.route.dispatch(req, res, next);
      return;
    }
    if (layerPath !== '' && !this.trim(layerPath)) {
      this.step(error);
      return;
    }
    if (error) callErrorHandler(layer.handler, error, req, res, next);
    else callHandler(layer.handler, req, res, next);
  }

  // Takes the layer's path off the URL; false when it ends within a segment.
  trim(layerPath) {
    const { req } = this;
    const path = pathOf(req);
    if (!path.startsWith(layerPath)) return false;
    const after = path[layerPath.length];
    if (after !== undefined && after !== '/' && !layerPath.endsWith('/')) return false;
    const { url } = req;
    const n = originLength(url);
    this.removed = layerPath;
    this.baseUrl = req.baseUrl;
    let rest = url.slice(n + layerPath.length);
    if (n === 0 && rest[0] !== '/') rest = `/${rest}`;
    this.whole = url;
    this.trimmed = n === 0 ? rest : url.slice(0, n) + rest;
    req.url = this.trimmed;
    req.baseUrl = this.baseUrl + (layerPath.endsWith('/') ? layerPath.slice(0, -1) : layerPath);
    return true;
  }
}

// What a turn rarely needs: adding properties takes time.
Object.assign(Walk.prototype, {
  outerParams: undefined,
  removed: '', // from the URL
  nested: 0,
  allow: null,
  called: null, // results of param()
});

/** Goes on behind the layer of a request that came to it without a walk. */
function resume(router, res, index, error) {
  const { req } = res;
  let walk = req._walk;
  if (walk === undefined) {
    walk = new Walk(router, req, res, null);
    walk.last = index;
  }
  walk.step(error);
}

/** The function next() of a request, whether or not it has a walk. */
export function nextOf(req) {
  const walk = req._walk;
  if (walk !== undefined) return walk.next;
  const { route, res } = req;
  const router = req._app?._router;
  if (!route || !router) return undefined;
  const index = router.stack.findIndex((layer) => layer.route === route);
  return (error) => resume(router, res, index, error);
}

function sendOptions(res, allow) {
  const list = [...allow].sort().join(', ');
  res.setHeader('Allow', list);
  res.setHeader('Content-Length', String(list.length));
  res.setHeader('Content-Type', 'text/plain');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.end(list);
}

const isNumber = (name) => /^\d+$/.test(name);

// Parameters of a router with those of the routers above; numbered ones go on counting.
function merge(outer, params) {
  if (!outer) return params;
  const out = Object.assign(Object.create(null), outer);
  const names = Object.keys(params);
  let offset = 0;
  if (names.some(isNumber)) while (String(offset) in outer) offset++;
  for (const name of names) out[isNumber(name) ? Number(name) + offset : name] = params[name];
  return out;
}

// Runs the functions of param() for each parameter; once for a value.
function runParams(walk, layer, layerPath, error) {
  const { req, res, router } = walk;
  const called = (walk.called ??= Object.create(null));
  const names = Object.keys(req.params);
  let i = 0;
  const finish = (failure) => {
    if (failure) walk.step(error ?? failure);
    else walk.handle(layer, layerPath, error);
  };
  const nextName = (failure) => {
    if (failure) return finish(failure);
    if (i >= names.length) return finish();
    const name = names[i++];
    const fns = router.paramNames.get(name);
    const value = req.params[name];
    if (fns === undefined || value === undefined) return nextName();
    const before = called[name];
    if (before && (before.match === value || (before.error && before.error !== 'route'))) {
      req.params[name] = before.value;
      return nextName(before.error);
    }
    const record = (called[name] = { match: value, value, error: null });
    let at = 0;
    const nextFn = (failed) => {
      record.value = req.params[name];
      if (failed) {
        record.error = failed;
        return nextName(failed);
      }
      if (at >= fns.length) return nextName();
      const fn = fns[at++];
      try {
        const result = fn(req, res, nextFn, value, name);
        if (result && typeof result.then === 'function') result.then(null, (e) => nextFn(e ?? new Error('Rejected promise')));
      } catch (thrown) {
        nextFn(thrown);
      }
      return undefined;
    };
    return nextFn();
  };
  nextName();
}

const NO_LAYER = {};

/** What routers and applications have in common; a router is a function. */
export const routerMethods = {
  handle(req, res, done) {
    // The usual case: a route with one handler answers. It needs no more of a
    // walk than next().
    if (done === null && this.paramNames === null) {
      const found = findRoute(this.routes ?? this.compile(), req, 0, false);
      const { only, route } = found >= 0 && (found & 1) === 0 ? this.stack[found >> 1] : NO_LAYER;
      if (only) {
        req.route = route;
        callHandler(only, req, res, (error) => resume(this, res, found >> 1, error));
        return;
      }
    }
    new Walk(this, req, res, done).step();
  },

  // The layers for findRoute(). Whoever changes one sets routes to null.
  compile() {
    return (this.routes = routesNew(this.stack.map((layer) => layer.describe(this))));
  },

  push(layer) {
    this.stack.push(layer);
    this.routes = null;
  },

  /** use([path], ...handlers): for every path below. */
  use(...list) {
    let path = '/';
    if (isPath(list[0])) path = list.shift();
    for (const handler of checkHandlers(list, 'Router.use()')) {
      this.push(new Layer(path, { sensitive: this.caseSensitive, strict: false, end: false }, handler));
    }
    return this;
  },

  route(path) {
    const route = new Route(path);
    route.router = this;
    this.push(new Layer(path, { sensitive: this.caseSensitive, strict: this.strict, end: true }, null, route));
    return route;
  },

  all(path, ...handlers) {
    this.route(path).all(...handlers);
    return this;
  },

  param(name, fn) {
    if (!name) throw new TypeError('argument name is required');
    if (typeof name !== 'string') throw new TypeError('argument name must be a string');
    if (typeof fn !== 'function') throw new TypeError('argument fn must be a function');
    this.paramNames ??= new Map();
    const list = this.paramNames.get(name);
    if (list) list.push(fn);
    else this.paramNames.set(name, [fn]);
    return this;
  },
};

for (const method of METHODS) {
  routerMethods[method] = function (path, ...handlers) {
    this.route(path)[method](...handlers);
    return this;
  };
}

/** Whether the first argument of use() is a path and not a handler. */
export function isPath(value) {
  let first = value;
  while (Array.isArray(first) && first.length > 0) [first] = first;
  return typeof first !== 'function';
}

/** Gives a function what a router has. */
export function makeRouter(fn, { caseSensitive = false, mergeParams = false, strict = false } = {}) {
  Object.setPrototypeOf(fn, Router.prototype);
  fn.caseSensitive = Boolean(caseSensitive);
  fn.mergeParams = Boolean(mergeParams);
  fn.strict = Boolean(strict);
  fn.stack = [];
  fn.routes = null;
  fn.paramNames = null;
  return fn;
}

/** Router([options]), with or without new: a function (req, res, next) with the methods above. */
export function Router(options) {
  const router = (req, res, next) => router.handle(req, res, next);
  return makeRouter(router, options);
}

// Routers are functions as well.
Router.prototype = Object.create(Function.prototype);
Object.defineProperties(Router.prototype, Object.getOwnPropertyDescriptors(routerMethods));
Object.defineProperty(Router.prototype, 'constructor', { value: Router, writable: true, configurable: true });
