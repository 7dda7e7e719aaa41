/** app.request(): requests to an application without a port. */

function bodyOf(body, headers) {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || ArrayBuffer.isView(body) || body instanceof ArrayBuffer) return body;
  if (body instanceof URLSearchParams) {
    headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8';
    return body.toString();
  }
  headers['content-type'] ??= 'application/json';
  return JSON.stringify(body);
}

function headersOf(init) {
  const out = {};
  const entries = init !== undefined && typeof init[Symbol.iterator] === 'function' ? [...init] : Object.entries(init ?? {});
  for (const [name, value] of entries) out[name.toLowerCase()] = value;
  return out;
}

/** What app.request() gives: like a Response of fetch(), with the body at hand. */
export class InjectedResponse {
  #response;

  constructor(response) {
    this.#response = response;
    this.status = response.status;
    this.statusText = response.statusText;
    this.headers = new InjectedHeaders(response.headers);
  }

  get ok() {
    return this.status >= 200 && this.status < 300;
  }

  async text() {
    return this.#response.text();
  }

  async json() {
    return this.#response.json();
  }

  async bytes() {
    return this.#response.bytes();
  }
}

/** Headers by name: as properties in lower case, and through get() and has(). */
class InjectedHeaders {
  constructor(headers) {
    for (const name of Object.keys(headers)) this[name] = headers[name];
  }

  get(name) {
    const value = Object.hasOwn(this, name.toLowerCase()) ? this[name.toLowerCase()] : null;
    return Array.isArray(value) ? value.join(', ') : value;
  }

  has(name) {
    return Object.hasOwn(this, name.toLowerCase());
  }

  getSetCookie() {
    return [this['set-cookie'] ?? []].flat();
  }
}

export async function inject(app, url, init = {}) {
  const headers = headersOf(init.headers);
  const body = bodyOf(init.body, headers);
  headers.host ??= 'localhost';
  app._server ??= app.createServer();
  const method = (init.method ?? 'GET').toUpperCase();
  return new InjectedResponse(await app._server.inject({ method, url, headers, body }));
}
