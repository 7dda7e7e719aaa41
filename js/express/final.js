/** The answer when no handler gave one: 404, or an error's status. */

import { encodeUrl, escapeHtml } from 'wqjs:internal/express/headers';
import { STATUS_CODES } from 'wqjs:internal/express/status';

function statusOf(error, res) {
  for (const status of [error?.status, error?.statusCode, res.statusCode]) {
    if (typeof status === 'number' && status >= 400 && status <= 599) return status;
  }
  return 500;
}

const page = (text) =>
  `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n<pre>${text}</pre>\n</body>\n</html>\n`;

function describe(error) {
  if (error instanceof Error) return `${error.name}: ${error.message}\n${error.stack ?? ''}`.trimEnd();
  return String(error);
}

/** Ends a response that is left over. Stacks are for developers only. */
export function errorPage(app, req, res, error) {
  const isProduction = app.get('env') === 'production';
  if (error && app.get('env') !== 'test' && statusOf(error, res) >= 500) console.error(error?.stack ? describe(error) : error);
  if (res.headersSent) {
    // The client must not take what it has for the whole.
    if (!res.writableEnded) res.destroy();
    return;
  }
  for (const name of ['Content-Encoding', 'Content-Language', 'Content-Range']) res.removeHeader(name);
  let status = 404;
  let text = `Cannot ${req.method} ${escapeHtml(encodeUrl(req.originalUrl.split('?', 1)[0]))}`;
  if (error) {
    status = statusOf(error, res);
    const reason = STATUS_CODES[status] ?? String(status);
    text = isProduction ? escapeHtml(reason) : escapeHtml(describe(error)).replaceAll('\n', '<br>').replaceAll('  ', ' &nbsp;');
    if (error.status === status && error.headers && typeof error.headers === 'object') {
      for (const name of Object.keys(error.headers)) res.setHeader(name, error.headers[name]);
    }
  }
  res.statusCode = status;
  res.setHeader('Content-Security-Policy', "default-src 'none'");
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.end(page(text));
}
