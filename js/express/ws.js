/** app.ws(): WebSockets of an application, under the paths that routes have. */

import { compile } from 'wqjs:internal/express/path';
import { WebSocketServer } from 'wqjs:ws';

/** Takes the upgrades whose path matches a pattern; its parameters are in req.params. */
class RouteServer extends WebSocketServer {
  #match;

  constructor(options, match) {
    super(options);
    this.#match = match;
  }

  matches(req) {
    if (!super.matches(req)) return false;
    let found;
    try {
      found = this.#match(req.path);
    } catch {
      return false; // a malformed escape
    }
    if (found === null) return false;
    req.params = found.params ?? Object.create(null);
    return true;
  }
}

/** Checks what app.ws(path, [options], handler) was given. */
export function socketRoute(app, path, options, handler) {
  if (handler === undefined) [options, handler] = [{}, options];
  if (typeof handler !== 'function') throw new TypeError('app.ws() needs a handler (ws, req)');
  const { match } = compile(path, {
    sensitive: app.enabled('case sensitive routing'),
    strict: app.enabled('strict routing'),
    end: true,
  });
  new WebSocketServer({ ...options, server: undefined, path: undefined }); // wrong options fail here
  return { options, match, handler };
}

/** Gives a server the routes of its application. */
export function attachSockets(server, routes) {
  for (const { options, match, handler } of routes) {
    const sockets = new RouteServer({ ...options, server, path: undefined }, match);
    sockets.on('connection', handler);
  }
}
