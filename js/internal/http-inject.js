/**
 * server.inject(): a request over a pair of sockets, so that all of the server
 * takes part but no port and no permission is needed.
 */

import { serverAttach } from 'wqjs:internal/http-native';
import { utf8Decode, utf8Encode } from 'wqjs:internal/native';
import { Conn, TOKEN } from 'wqjs:internal/net-conn';
import { isBytes } from 'wqjs:internal/net-options';
import { AF_UNIX, SOCK_NONBLOCK, SOCK_STREAM, socketpair } from 'wqjs:sockets';

const HEAD_END = [13, 10, 13, 10];

export async function inject(native, limits, options) {
  const { method = 'GET', url = '/', headers = {}, body } = typeof options === 'string' ? { url: options } : options;
  const request = encodeRequest(method, url, headers, body);
  const [near, far] = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const conn = new Conn(TOKEN, near, { address: '', port: 0, family: 'unix' });
  try {
    serverAttach(native, far, '127.0.0.1', 0, false);
    const sent = conn.write(request).catch(() => {}); // refused half-way: the answer tells
    const bytes = await readAll(conn);
    await sent;
    return parseResponse(bytes, method);
  } finally {
    conn.close();
  }
}

function encodeRequest(method, url, headers, body) {
  const lines = [`${method} ${url} HTTP/1.1`];
  const has = (name) => Object.keys(headers).some((key) => key.toLowerCase() === name);
  const bytes = body === undefined ? null : isBytes(body) ? new Uint8Array(body.buffer ?? body, body.byteOffset ?? 0, body.byteLength) : utf8Encode(String(body));
  if (!has('host')) lines.push('Host: localhost');
  if (!has('connection')) lines.push('Connection: close');
  for (const name of Object.keys(headers)) {
    for (const value of [headers[name]].flat()) lines.push(`${name}: ${value}`);
  }
  if (bytes !== null && !has('content-length') && !has('transfer-encoding')) lines.push(`Content-Length: ${bytes.byteLength}`);
  for (const line of lines) {
    if (/[\r\n\0]/.test(line)) throw new TypeError('inject: a line break in method, url or headers');
  }
  const head = utf8Encode(`${lines.join('\r\n')}\r\n\r\n`);
  if (bytes === null) return head;
  const out = new Uint8Array(head.length + bytes.length);
  out.set(head);
  out.set(bytes, head.length);
  return out;
}

async function readAll(conn) {
  const parts = [];
  let length = 0;
  for await (const chunk of conn) {
    parts.push(chunk);
    length += chunk.length;
  }
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function latin1(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

function headEnd(bytes, from) {
  for (let i = from; i + 3 < bytes.length; i++) {
    if (HEAD_END.every((b, k) => bytes[i + k] === b)) return i;
  }
  throw new Error('inject: the response is incomplete');
}

function addFields(lines, headers, rawHeaders) {
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    const key = name.toLowerCase();
    rawHeaders.push(name, value);
    if (key === 'set-cookie') (headers[key] ??= []).push(value);
    else headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
}

function parseResponse(bytes, method) {
  let at = 0;
  let end;
  let lines;
  let status;
  do { // 1xx are skipped
    end = headEnd(bytes, at);
    lines = latin1(bytes.subarray(at, end)).split('\r\n');
    status = Number(lines[0].slice(9, 12));
    at = end + 4;
  } while (status < 200);
  const headers = Object.create(null);
  const trailers = Object.create(null);
  const rawHeaders = [];
  addFields(lines.slice(1), headers, rawHeaders);
  let body = bytes.subarray(at);
  if (method === 'HEAD' || status === 204 || status === 304) body = bytes.subarray(0, 0);
  else if (headers['transfer-encoding'] === 'chunked') body = unchunk(body, trailers);
  else if ('content-length' in headers && body.length !== Number(headers['content-length'])) {
    throw new Error(`inject: the response has ${body.length} bytes of ${headers['content-length']}`);
  }
  return {
    status,
    statusText: lines[0].slice(13),
    headers,
    rawHeaders,
    trailers,
    bytes: () => body.slice(),
    text: () => utf8Decode(body, undefined, undefined, false),
    json: () => JSON.parse(utf8Decode(body, undefined, undefined, false)),
  };
}

function unchunk(bytes, trailers) {
  const out = new Uint8Array(bytes.length);
  let n = 0;
  let at = 0;
  for (;;) {
    const eol = bytes.indexOf(13, at);
    if (eol < 0) throw new Error('inject: the response is incomplete');
    const size = parseInt(latin1(bytes.subarray(at, eol)), 16);
    at = eol + 2;
    if (size === 0) break;
    if (at + size + 2 > bytes.length) throw new Error('inject: the response is incomplete');
    out.set(bytes.subarray(at, at + size), n);
    n += size;
    at += size + 2;
  }
  addFields(latin1(bytes.subarray(at)).split('\r\n').filter((line) => line !== ''), trailers, []);
  return out.slice(0, n);
}
