/** The client's side of the opening handshake (RFC 6455, section 4.1). */

import { ECONNRESET, ETIMEDOUT, makeError } from 'wqjs:internal/errno';
import { timerStart, timerStop, utf8Decode } from 'wqjs:internal/native';
import { connect } from 'wqjs:internal/net-connect';
import { checkAnswer, OFFER } from 'wqjs:internal/ws/deflate';
import { acceptKey, hasItem, isToken, makeKey } from 'wqjs:internal/ws/header';

const MAX_HEAD = 16 << 10;
const RESERVED = /^(?:host|upgrade|connection|content-length|transfer-encoding|sec-websocket-.*)$/i;

function requestOf(url, protocols, key, { headers = {}, perMessageDeflate }) {
  let lines =
    `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n`;
  if (protocols.length > 0) lines += `Sec-WebSocket-Protocol: ${protocols.join(', ')}\r\n`;
  if (perMessageDeflate) lines += `Sec-WebSocket-Extensions: ${OFFER}\r\n`;
  for (const name of Object.keys(headers)) {
    const value = `${headers[name]}`;
    if (!isToken(name) || RESERVED.test(name) || /[^\t\x20-\x7e]/.test(value)) throw new TypeError(`WebSocket: bad header ${name}`);
    lines += `${name}: ${value}\r\n`;
  }
  return `${lines}\r\n`;
}

// Reads up to the empty line; gives the text before it and the bytes after it.
async function readHead(conn) {
  let data = new Uint8Array(0);
  for (;;) {
    const chunk = await conn.read();
    if (chunk === null) throw makeError(ECONNRESET, 'connect', 'the server closed the connection instead of an answer');
    const from = Math.max(0, data.length - 3);
    const joined = new Uint8Array(data.length + chunk.length);
    joined.set(data);
    joined.set(chunk, data.length);
    data = joined;
    for (let i = from; i + 3 < data.length && i < MAX_HEAD; i++) {
      if (data[i] === 13 && data[i + 1] === 10 && data[i + 2] === 13 && data[i + 3] === 10) {
        return [utf8Decode(data, 0, i, false), data.slice(i + 4)];
      }
    }
    if (data.length > MAX_HEAD) throw new Error(`WebSocket: the server's answer has more than ${MAX_HEAD} bytes of headers`);
  }
}

function parseHead(text) {
  const [first, ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw new Error('WebSocket: the answer is not HTTP/1.1');
  const headers = { __proto__: null };
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (!isToken(name)) throw new Error('WebSocket: bad header in the answer');
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { status: Number(status), headers };
}

function check({ status, headers }, key, protocols, perMessageDeflate) {
  if (status !== 101) throw Object.assign(new Error(`WebSocket: the server answered with status ${status}`), { status });
  if (!hasItem(headers.upgrade, 'websocket') || !hasItem(headers.connection, 'upgrade')) {
    throw new Error('WebSocket: the server did not upgrade the connection');
  }
  if (headers['sec-websocket-accept'] !== acceptKey(key)) throw new Error('WebSocket: wrong Sec-WebSocket-Accept');
  const protocol = headers['sec-websocket-protocol'];
  if (protocol !== undefined ? !protocols.includes(protocol) : protocols.length > 0) {
    throw new Error(`WebSocket: the server chose protocol ${protocol ?? 'none'}, of ${protocols.join(', ') || 'none'}`);
  }
  const extensions = headers['sec-websocket-extensions'] ?? '';
  if (extensions !== '' && !perMessageDeflate) throw new Error('WebSocket: the server chose an extension that was not offered');
  return { protocol: protocol ?? '', extensions, deflates: checkAnswer(extensions) };
}

/** Connects and shakes hands: { conn, head, protocol, extensions, deflates }. */
export async function openClient(url, protocols, options) {
  const { timeout, signal, perMessageDeflate } = options;
  const key = makeKey();
  const request = requestOf(url, protocols, key, options);
  const started = Date.now();
  const secure = url.protocol === 'wss:';
  const port = url.port === '' ? (secure ? 443 : 80) : url.port;
  const conn = await connect({ host: url.hostname, port, timeout, signal, tls: secure ? (options.tls ?? true) : false });
  let late = false;
  const onAbort = () => conn.close();
  signal.addEventListener('abort', onAbort);
  const left = Math.max(1, timeout - (Date.now() - started));
  const timer =
    timeout === 0
      ? 0
      : timerStart(() => { late = true; conn.close(); }, left, false, undefined);
  try {
    await conn.write(request);
    const [text, head] = await readHead(conn);
    return { conn, head, ...check(parseHead(text), key, protocols, perMessageDeflate) };
  } catch (error) {
    conn.close();
    if (signal.aborted) throw signal.reason;
    throw late ? makeError(ETIMEDOUT, 'connect', `no WebSocket handshake within ${timeout} ms`) : error;
  } finally {
    if (timer !== 0) timerStop(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
