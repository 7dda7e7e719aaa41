/** Applications: settings, mounting, and the way from a server's request to the router and back. */

import { createServer, IncomingMessage } from 'wqjs:http';
import { importNow } from 'wqjs:internal/native';
import { listenOptions } from 'wqjs:internal/http-server';
import { getenv } from 'wqjs:internal/env';
import { etagFunction } from 'wqjs:internal/express/conditional';
import { METHODS } from 'wqjs:internal/express/methods';
import { queryParser } from 'wqjs:internal/express/query';
import { request } from 'wqjs:internal/express/request';
import { response } from 'wqjs:internal/express/response';
import { inject } from 'wqjs:internal/express/inject';
import { isPath, Router } from 'wqjs:internal/express/router';
import { checkHandlers } from 'wqjs:internal/express/route';
import { compileTrust } from 'wqjs:internal/express/trust';

// Every application has its own of these; all others a sub-application takes from its parent.
const DEFAULTS = {
  'body parser': true,
  env: 'development',
  etag: 'weak',
  'jsonp callback name': 'callback',
  'query parser': 'simple',
  'subdomain offset': 2,
  'x-powered-by': false,
};

// At the end of the chain of settings.
const BASE = { 'json plain': true, 'trust proxy': false, 'trust proxy fn': compileTrust(false) };

// Settings that others are made of.
const DERIVED = {
  etag: (settings, value) => (settings['etag fn'] = etagFunction(value)),
  'query parser': (settings, value) => (settings['query parser fn'] = queryParser(value)),
  'trust proxy': (settings, value) => (settings['trust proxy fn'] = compileTrust(value)),
  'json escape': setPlain,
  'json replacer': setPlain,
  'json spaces': setPlain,
};

function setPlain(settings) {
  settings['json plain'] = !settings['json escape'] && !settings['json replacer'] && !settings['json spaces'];
}

/** What applications have; an application is a function (req, res, next) with these methods. */
export const application = Object.create(Function.prototype);

const methods = {
  init() {
    this.settings = Object.create(BASE);
    for (const name of Object.keys(DEFAULTS)) this.set(name, DEFAULTS[name]);
    const env = getenv('NODE_ENV');
    if (env) this.set('env', env);
    this.locals = Object.create(null);
    this.locals.settings = this.settings;
    this.mountpath = '/';
    this.parent = undefined;
    this._listeners = new Map();
    this._router = null;
    this._server = null; // of app.request()
    this._sockets = []; // of app.ws()
  },

  /** The router; made when it is first needed, with the settings of then. */
  get router() {
    this._router ??= Router({
      caseSensitive: this.enabled('case sensitive routing'),
      strict: this.enabled('strict routing'),
    });
    return this._router;
  },

  set(name, value) {
    if (arguments.length === 1) return this.settings[name];
    this.settings[name] = value;
    DERIVED[name]?.(this.settings, value);
    return this;
  },

  enabled(name) {
    return Boolean(this.settings[name]);
  },

  disabled(name) {
    return !this.settings[name];
  },

  enable(name) {
    return this.set(name, true);
  },

  disable(name) {
    return this.set(name, false);
  },

  /** A setting with one argument, else a route. */
  get(path, ...handlers) {
    if (handlers.length === 0) return this.settings[path];
    this.router.get(path, ...handlers);
    return this;
  },

  all(path, ...handlers) {
    this.router.all(path, ...handlers);
    return this;
  },

  route(path) {
    return this.router.route(path);
  },

  param(name, fn) {
    for (const one of [name].flat()) this.router.param(one, fn);
    return this;
  },

  use(...list) {
    let path = '/';
    if (isPath(list[0])) path = list.shift();
    for (const handler of checkHandlers(list, 'app.use()')) {
      if (handler.isApplication === true) this.mount(path, handler);
      else this.router.use(path, handler);
    }
    return this;
  },

  mount(path, app) {
    app.mountpath = path;
    app.parent = this;
    this.router.use(path, (req, res, next) => {
      const outer = req._app;
      app.enter(req, res, (error) => {
        leave(req, res, outer);
        next(error);
      });
    });
    app.inherit(this);
    app.emit('mount', this);
  },

  // Settings that are not its own, and prototypes, come from the parent.
  inherit(parent) {
    Object.setPrototypeOf(this.settings, parent.settings);
    if (Object.hasOwn(this.settings, 'json plain')) setPlain(this.settings);
    Object.setPrototypeOf(this.request, parent.request);
    Object.setPrototypeOf(this.response, parent.response);
  },

  // As the app of the request while it is in here.
  enter(req, res, done) {
    if (req._app !== this) req._app = this;
    // Only prototypes that somebody extended are worth the switch.
    if (this.parent) usePrototypes(this, req, res);
    if (this.settings['x-powered-by']) res.setHeader('X-Powered-By', 'wqjs');
    (this._router ?? this.router).handle(req, res, done);
  },

  /** Where the application is mounted, as a URL path. */
  path() {
    return this.parent ? this.parent.path() + this.mountpath : '';
  },

  /** What a server calls. done is for what no handler ends; default: a 404 or the error's page. */
  handle(req, res, done) {
    if (req._app === undefined && req instanceof IncomingMessage) {
      // Of a server that is not this application's own.
      Object.setPrototypeOf(req, this.request);
      Object.setPrototypeOf(res, this.response);
      req.originalUrl = req.url;
    }
    this.enter(req, res, done ?? null);
  },

  /** A server of this application, not listening yet. */
  createServer(options = {}) {
    const server = createServer(
      { ...options, requestPrototype: this.request, responsePrototype: this.response },
      (req, res) => this.enter(req, res, null),
    );
    if (this._sockets.length > 0) sockets().attachSockets(server, this._sockets);
    return server;
  },

  /** WebSockets under a path: ws(path, [options], handler(ws, req)). */
  ws(path, options, handler) {
    this._sockets.push(sockets().socketRoute(this, path, options, handler));
    return this;
  },

  /**
   * listen(port, [host], [callback]), listen(path, [callback]) for a Unix socket, or
   * listen(options, [callback]): options of both the server and listening. Gives the
   * server; what fails goes to the callback, or is thrown without one.
   */
  listen(...args) {
    const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
    const options = listenOptions(args[0], args[1]);
    const server = this.createServer(options);
    try {
      server.listen(options, callback && (() => callback()));
    } catch (error) {
      if (!callback) throw error;
      queueMicrotask(() => callback(error));
    }
    return server;
  },

  on(event, listener) {
    const list = this._listeners.get(event);
    if (list) list.push(listener);
    else this._listeners.set(event, [listener]);
    return this;
  },

  once(event, listener) {
    const one = (...args) => {
      this.off(event, one);
      listener.apply(this, args);
    };
    return this.on(event, one);
  },

  off(event, listener) {
    const list = this._listeners.get(event);
    if (list) this._listeners.set(event, list.filter((l) => l !== listener));
    return this;
  },

  emit(event, ...args) {
    const list = this._listeners.get(event) ?? [];
    for (const listener of [...list]) listener.apply(this, args);
    return list.length > 0;
  },
};

// Loaded by the applications that have any.
const sockets = () => importNow('wqjs:internal/express/ws');

// Only prototypes that somebody extended are worth the switch.
function usePrototypes(app, req, res) {
  if (Object.keys(app.request).length > 0) Object.setPrototypeOf(req, app.request);
  if (Object.keys(app.response).length > 0) Object.setPrototypeOf(res, app.response);
}

function leave(req, res, app) {
  if (Object.keys(req._app.request).length > 0) Object.setPrototypeOf(req, app.request);
  if (Object.keys(req._app.response).length > 0) Object.setPrototypeOf(res, app.response);
  req._app = app;
}

Object.defineProperties(application, Object.getOwnPropertyDescriptors(methods));
for (const method of METHODS) {
  if (method === 'get') continue;
  application[method] = function (path, ...handlers) {
    this.router[method](path, ...handlers);
    return this;
  };
}

/** express() */
export function createApplication() {
  const app = (req, res, next) => app.handle(req, res, next);
  Object.setPrototypeOf(app, application);
  for (const name of ['length', 'name']) delete app[name];
  app.isApplication = true;
  // The prototype of this application's requests, which is also a function
  // that makes one: app.request('/path').
  app.request = prototypeFunction((url, init) => inject(app, url, init), request);
  app.response = Object.create(response);
  Object.defineProperty(app.request, '_app', { value: app, writable: true });
  app.init();
  return app;
}

function prototypeFunction(fn, prototype) {
  delete fn.length;
  delete fn.name;
  return Object.setPrototypeOf(fn, prototype);
}
