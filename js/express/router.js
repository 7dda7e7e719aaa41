/**
 * The router: layers in the order they were added. A request visits those that
 * match; each passes it on with next().
 *
 * Routes with a fixed path are not tried one after the other: they are kept in
 * a map, and a walk merges those of its path with the other layers, in order.
 */

import { errorPage } from 'wqjs:internal/express/final';
import { callErrorHandler, callHandler, Layer } from 'wqjs:internal/express/layer';
import { METHODS } from 'wqjs:internal/express/methods';
import { checkHandlers, MAX_NESTING, Route } from 'wqjs:internal/express/route';
import { originLength, pathOf } from 'wqjs:internal/express/url';

const NONE = [];
const MAX_EXACT = 1000;

/**
 * One request on its way through one router. What a request of this turn does
 * not need is a default of the prototype: adding properties takes time.
 */
class Walk {
  constructor(router, req, res, done) {
    this.router = router;
    this.req = req;
    this.res = res;
    this.done = done; // null: what nobody answers gets the application's page
    this.outer = req._walk; // of the router above
    this.next = (error) => this.step(error);
    req._walk = this;
  }

  end(error) {
    const { req, res, done, allow } = this;
    req._walk = this.outer;
    if (!error && allow !== null && allow.size > 0) sendOptions(res, allow);
    else if (done === null) errorPage(req._app, req, res, error);
    else done(error);
  }

  // The next index that may match the path; layers skipped were fixed routes of other paths.
  nextIndex() {
    const { others, fixed } = this;
    const i = this.at;
    const other = i < others.length ? others[i] : Infinity;
    if (this.fixedAt < fixed.length && fixed[this.fixedAt] < other) return fixed[this.fixedAt++];
    this.at = i + 1;
    return other;
  }

  // Layers are looked up anew when a handler has changed the URL.
  lookUp(path) {
    const { router, last } = this;
    if (this.path === null) this.url = this.req.url;
    this.path = path;
    this.others = router.index.others;
    const fixed = (this.fixed = router.fixedFor(path));
    let i = 0;
    while (i < fixed.length && fixed[i] <= last) i++;
    this.fixedAt = i;
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
    const { req, router } = this;
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
    const path = pathOf(req);
    if (path === null) {
      this.end(error);
      return;
    }
    if (path !== this.path) this.lookUp(path);
    const { stack } = router;
    for (;;) {
      const index = this.nextIndex();
      if (index >= stack.length) {
        this.end(error);
        return;
      }
      this.last = index;
      const layer = stack[index];
      let found = null; // of a layer that is not for "/"
      if (!layer.isRoot) {
        try {
          found = layer.match(path);
        } catch (thrown) {
          error ??= thrown;
          continue;
        }
        if (found === null) continue;
      }
      const { route } = layer;
      if (route !== null) {
        if (error) continue;
        if (!route.handles(req.method)) {
          if (req.method === 'OPTIONS') this.collect(route);
          continue;
        }
      }
      this.enter(layer, found, path, error);
      this.nested--;
      return;
    }
  }

  collect(route) {
    this.allow ??= new Set();
    for (const method in route.methods) if (method !== '_all') this.allow.add(method);
    if (route.methods.GET) this.allow.add('HEAD');
  }

  enter(layer, found, path, error) {
    const { router } = this;
    const params = found === null ? null : found.params;
    this.params = router.mergeParams ? merge(this.outer?.params, params) : params;
    if (params !== null && router.paramNames !== null) {
      runParams(this, layer, found, path, error);
      return;
    }
    this.handle(layer, found === null ? '' : found.path, path, error);
  }

  handle(layer, layerPath, path, error) {
    const { req, res, next } = this;
    if (layer.route !== null) {
      this.route = layer.route;
      layer.route.dispatch(req, res, next);
      return;
    }
    if (layerPath !== '' && !this.trim(layerPath, path)) {
      this.step(error);
      return;
    }
    if (error) callErrorHandler(layer.handler, error, req, res, next);
    else callHandler(layer.handler, req, res, next);
  }

  // Takes the layer's path off the URL; false when it ends within a segment.
  trim(layerPath, path) {
    const { req } = this;
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

Object.assign(Walk.prototype, {
  at: 0, // in the index of layers that are no fixed routes
  last: -1, // where in the stack the walk is
  fixedAt: 0, // in the indexes of fixed routes for the path
  path: null, // what those are for
  url: '', // at the start
  params: null,
  route: undefined,
  removed: '', // from the URL
  nested: 0,
  allow: null,
  called: null, // results of param()
});

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
  if (params === null) return Object.assign(Object.create(null), outer);
  const out = Object.assign(Object.create(null), outer);
  const names = Object.keys(params);
  let offset = 0;
  if (names.some(isNumber)) while (String(offset) in outer) offset++;
  for (const name of names) out[isNumber(name) ? Number(name) + offset : name] = params[name];
  return out;
}

// Runs the functions of param() for each parameter; once for a value.
function runParams(walk, layer, found, path, error) {
  const { req, res, router } = walk;
  const called = (walk.called ??= Object.create(null));
  const names = Object.keys(found.params);
  let i = 0;
  const finish = (failure) => {
    if (failure) walk.step(error ?? failure);
    else walk.handle(layer, found.path, path, error);
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

/** What routers and applications have in common; a router is a function. */
export const routerMethods = {
  handle(req, res, done) {
    const walk = new Walk(this, req, res, done);
    walk.step();
  },

  // Where fixed routes stand, by path, and the indexes of all others.
  get index() {
    if (this.indexed === null) {
      const fixed = new Map();
      const others = [];
      this.stack.forEach((layer, i) => {
        if (layer.text === null) {
          others.push(i);
          return;
        }
        const key = this.keyOf(layer.text);
        const list = fixed.get(key);
        if (list) list.push(i);
        else fixed.set(key, [i]);
      });
      const lengths = new Set([...fixed.keys()].map((key) => key.length));
      this.indexed = { fixed, others, lengths, exact: new Map() };
    }
    return this.indexed;
  },

  // Paths that a fixed route could match have the same key.
  keyOf(path) {
    let key = path;
    if (!this.strict && key.length > 1 && key[key.length - 1] === '/') key = key.slice(0, -1);
    return this.caseSensitive ? key : key.toLowerCase();
  },

  fixedFor(path) {
    const { fixed, exact, lengths } = this.index;
    const known = exact.get(path);
    if (known !== undefined) return known;
    const { length } = path;
    if (!lengths.has(length) && !lengths.has(length - 1)) return NONE;
    const list = fixed.get(this.keyOf(path));
    if (list === undefined) return NONE;
    if (exact.size >= MAX_EXACT) exact.clear(); // spellings of the same few paths
    exact.set(path, list);
    return list;
  },

  push(layer) {
    this.stack.push(layer);
    this.indexed = null;
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
  fn.indexed = null;
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
