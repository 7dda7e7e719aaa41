/** express.static(root, options): serves the files of a folder. */

import { encodeUrl } from 'wqjs:internal/express/headers';
import { fileOptions, redirectPage, sendFile } from 'wqjs:internal/express/send';
import { httpError } from 'wqjs:internal/express/status';

export function serveStatic(root, options = {}) {
  if (!root) throw new TypeError('root path required');
  if (typeof root !== 'string') throw new TypeError('root path must be a string');
  const { fallthrough = true, redirect = true, ...rest } = options;
  const o = fileOptions({ ...rest, root });

  return function serveFiles(req, res, next) {
    const { method } = req;
    if (method !== 'GET' && method !== 'HEAD') {
      if (fallthrough) return next();
      res.setHeader('Allow', 'GET, HEAD');
      return next(httpError(405));
    }
    // The mount point itself, without "/" at the end, is no folder's URL.
    const path = req.path === '/' && !new URL(req.originalUrl, 'http://x').pathname.endsWith('/') ? '' : req.path;
    const fail = (error) => {
      if (fallthrough && error.status < 500 && error.status !== 412 && error.status !== 416) next();
      else next(error);
    };
    const onDirectory = (isWithoutSlash) => {
      if (!isWithoutSlash || !redirect) return fallthrough ? next() : next(httpError(404));
      // One "/" at the start, or it would name another host.
      const [before, query] = req.originalUrl.split(/\?(.*)/s);
      const url = encodeUrl(`/${before.replace(/^[/\\]+/, '')}/${query === undefined ? '' : `?${query}`}`);
      const body = redirectPage(url);
      res.statusCode = 301;
      res.setHeader('Content-Type', 'text/html; charset=utf-8');
      res.setHeader('Content-Security-Policy', "default-src 'none'");
      res.setHeader('X-Content-Type-Options', 'nosniff');
      res.setHeader('Location', url);
      return res.end(body);
    };
    if (path === '') return onDirectory(true);
    return sendFile(req, res, path, o, { fail, onDirectory });
  };
}
