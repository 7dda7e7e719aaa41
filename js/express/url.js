/** The path of a request, which routers cut down on the way. */

/** The path of a request's URL; null when it has none. */
export function pathOf(req) {
  const { url } = req;
  if (typeof url !== 'string' || url === '') return null;
  let start = 0;
  if (url[0] !== '/') {
    const origin = originLength(url);
    if (origin === 0 && url !== '*') return url.split('?', 1)[0];
    start = origin;
  }
  const end = url.indexOf('?', start);
  const path = end < 0 ? (start === 0 ? url : url.slice(start)) : url.slice(start, end);
  return path === '' ? '/' : path;
}

/** The length of "http://host" at the start of a URL, or 0. */
export function originLength(url) {
  if (url === '' || url[0] === '/') return 0;
  const query = url.indexOf('?');
  const scheme = (query < 0 ? url : url.slice(0, query)).indexOf('://');
  if (scheme < 0) return 0;
  const slash = url.indexOf('/', scheme + 3);
  return slash < 0 ? (query < 0 ? url.length : query) : slash;
}
