/** The server's side of the opening handshake (RFC 6455, section 4.2), and WebSocketServer. */

import { statusCodes } from 'wqjs:internal/http-native';
import { arrayIndexOf, isArray, objectKeys, regexpExec, slice, then } from 'wqjs:internal/globals/primordials';
import { closeBy, whenClosing } from 'wqjs:internal/http-server';
import { checkOptions } from 'wqjs:internal/net-options';
import { timerStart, timerStop } from 'wqjs:internal/native';
import { limitsOf, OPEN } from 'wqjs:internal/ws/channel';
import { acceptOffer } from 'wqjs:internal/ws/deflate';
import { emit, Emitter, print } from 'wqjs:internal/ws/emitter';
import { acceptKey, hasItem, isKey, isToken, listOf } from 'wqjs:internal/ws/header';
import { ServerSocket, TOKEN, whenClosed } from 'wqjs:internal/ws/socket';

const SCHEME = /^[a-z]+:\/\//;
const MAX_PAYLOAD = 1 << 20;
const MAX_CLIENTS = 10_000;
const REASONS = statusCodes();
const GOING_AWAY = 'the server is closing';
const { Promise } = globalThis;
const ignore = () => {};

/** Answers with a status and closes the connection. */
async function refuse(conn, status, headers = {}) {
  let lines = '';
  const names = objectKeys(headers);
  for (let i = 0; i < names.length; i++) lines += `${names[i]}: ${headers[names[i]]}\r\n`;
  // A peer that does not read the answer is not waited for.
  const timer = timerStart(() => conn.close(), 1000, false, undefined);
  try {
    await conn.end(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\nConnection: close\r\nContent-Length: 0\r\n${lines}\r\n`);
    for (let total = 0; total < 65536; ) {
      const chunk = await conn.read();
      if (chunk === null) break;
      total += chunk.length;
    }
  } catch {
    // It is gone already.
  }
  timerStop(timer);
  conn.close();
}

// What is wrong with a request: [status, headers]; null when nothing is.
function problemOf(req) {
  if (req.method !== 'GET') return [405, { Allow: 'GET' }];
  if (req.httpVersion !== '1.1' || !hasItem(req.getHeader('connection'), 'upgrade')) return [400];
  if (!hasItem(req.getHeader('upgrade'), 'websocket')) return [426, { Upgrade: 'websocket' }];
  if (req.getHeader('sec-websocket-version') !== '13') return [426, { 'Sec-WebSocket-Version': '13' }];
  return isKey(req.getHeader('sec-websocket-key')) ? null : [400];
}

// Browsers tell where a page comes from; without a rule it has to be from here.
function originAllowed(req, rule) {
  const origin = req.getHeader('origin');
  if (rule === '*' || (origin === undefined && typeof rule !== 'function')) return true;
  if (typeof rule === 'function') return rule(origin, req);
  if (rule !== undefined) return arrayIndexOf(rule, origin) >= 0;
  const scheme = regexpExec(SCHEME, origin);
  return scheme !== null && slice(origin, scheme[0].length) === req.getHeader('host');
}

function chooseProtocol(req, rule) {
  const offered = listOf(req.getHeader('sec-websocket-protocol'));
  let chosen;
  if (typeof rule === 'function') chosen = rule(offered, req);
  else for (let i = 0; i < offered.length && chosen === undefined; i++) if (arrayIndexOf(rule, offered[i]) >= 0) chosen = offered[i];
  if (chosen === undefined || chosen === null) return '';
  if (arrayIndexOf(offered, chosen) < 0 || !isToken(chosen)) throw new TypeError(`protocol ${String(chosen)} was not offered`);
  return chosen;
}

function planOf(options, what) {
  const { origins, protocols = [], verify, perMessageDeflate = false } = checkOptions(options, what);
  if (origins !== undefined && origins !== '*' && typeof origins !== 'function' && !isArray(origins)) {
    throw new TypeError(`${what}: origins is '*', an array or a function`);
  }
  if (typeof protocols !== 'function' && !isArray(protocols)) throw new TypeError(`${what}: protocols is an array or a function`);
  if (verify !== undefined && typeof verify !== 'function') throw new TypeError(`${what}: verify is a function`);
  return { origins, protocols, verify, perMessageDeflate: !!perMessageDeflate, limits: limitsOf(options, MAX_PAYLOAD) };
}

// Gives the status when the request is refused, else undefined.
async function verified(req, plan) {
  if (!(await originAllowed(req, plan.origins))) return 403;
  const answer = plan.verify === undefined ? true : await plan.verify(req);
  return answer === true ? undefined : typeof answer === 'number' ? answer : 403;
}

function withTimeout(promise, ms) {
  if (ms === 0) return promise;
  return new Promise((resolve, reject) => {
    const timer = timerStart(() => resolve(503), ms, false, undefined);
    const settle = (how) => (value) => {
      timerStop(timer);
      how(value);
    };
    then(promise, settle(resolve), settle(reject));
  });
}

async function accept(req, conn, head, plan) {
  let problem = problemOf(req);
  let protocol;
  let extension = null;
  try {
    if (problem === null) {
      const status = await withTimeout(verified(req, plan), plan.limits.handshakeTimeout);
      if (status !== undefined) problem = [status];
      else protocol = chooseProtocol(req, plan.protocols);
    }
  } catch (error) {
    await refuse(conn, 500);
    throw error;
  }
  try {
    if (plan.perMessageDeflate) extension = acceptOffer(req.getHeader('sec-websocket-extensions'));
  } catch {
    problem ??= [400];
  }
  if (problem !== null) {
    await refuse(conn, problem[0], problem[1]);
    return null;
  }
  let lines = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
  lines += `Sec-WebSocket-Accept: ${acceptKey(req.getHeader('sec-websocket-key'))}\r\n`;
  if (protocol !== '') lines += `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  if (extension !== null) lines += `Sec-WebSocket-Extensions: ${extension}\r\n`;
  then(conn.write(`${lines}\r\n`), undefined, ignore); // reading tells of the error
  const socket = new ServerSocket(TOKEN, { conn, request: req, head, protocol, deflates: extension !== null, limits: plan.limits });
  closeBy(conn, { close: () => socket.close(1001, GOING_AWAY), terminate: () => socket.terminate() });
  return socket;
}

/** Answers a request of a server's 'upgrade' event: a socket, or null when it was refused. */
export async function upgrade(req, conn, head, options = {}) {
  let plan;
  try {
    plan = planOf(options, 'upgrade');
  } catch (error) {
    conn.close();
    throw error;
  }
  return accept(req, conn, head, plan);
}

// The WebSocketServers of a server of wqjs:http, asked in turn.
const attached = new WeakMap();

function attach(server, one) {
  let list = attached.get(server);
  if (list === undefined) {
    attached.set(server, (list = []));
    server.on('upgrade', (req, conn, head) => {
      let target;
      for (let i = 0; i < list.length && target === undefined; i++) if (list[i].matches(req)) target = list[i];
      if (target === undefined) refuse(conn, 404);
      else target.handleUpgrade(req, conn, head);
    });
  }
  list[list.length] = one;
  whenClosing(server, () => one.close());
}

export class WebSocketServer extends Emitter {
  #plan;
  #path;
  #maxClients;
  #clients = new Set();
  #pending = 0; // handshakes
  #closing = false;
  #closed = Promise.withResolvers();

  constructor(options = {}) {
    super();
    const plan = planOf(options, 'WebSocketServer');
    const { server, path, maxClients = MAX_CLIENTS } = options;
    if (path !== undefined && typeof path !== 'string') throw new TypeError('WebSocketServer: path is a string');
    if (!(maxClients >= 1)) throw new RangeError('WebSocketServer: maxClients must be 1 or more');
    this.#plan = plan;
    this.#path = path;
    this.#maxClients = maxClients;
    if (server !== undefined) attach(server, this);
  }

  get clients() {
    return this.#clients;
  }

  /** Whether a request is for this server: its path is the same. */
  matches(req) {
    return !this.#closing && (this.#path === undefined || this.#path === req.path);
  }

  async handleUpgrade(req, conn, head) {
    if (this.#closing || this.#clients.size + this.#pending >= this.#maxClients) {
      await refuse(conn, 503);
      return null;
    }
    this.#pending++;
    let socket = null;
    try {
      socket = await accept(req, conn, head, this.#plan);
    } catch (error) {
      this.#report('handshake', error);
    }
    this.#pending--;
    if (socket !== null) this.#add(socket, req);
    this.#settle();
    return socket;
  }

  #add(socket, req) {
    this.#clients.add(socket);
    whenClosed(socket, () => {
      this.#clients.delete(socket);
      this.#settle();
    });
    if (this.#closing) socket.close(1001, GOING_AWAY);
    emit(this, 'connection', [socket, req], (error) => {
      this.#report('connection listener', error);
      if (socket.readyState === OPEN) socket.close(1011, 'internal error');
    });
  }

  #report(what, error) {
    if (!emit(this, 'error', [error], (second) => print('error listener', second))) print(what, error);
  }

  /** Accepts no more and closes all connections; fulfilled when they are gone. */
  close() {
    if (!this.#closing) {
      this.#closing = true;
      for (const socket of this.#clients) socket.close(1001, GOING_AWAY);
      this.#settle();
    }
    return this.#closed.promise;
  }

  #settle() {
    if (!this.#closing || this.#clients.size + this.#pending > 0) return;
    this.#closed.resolve();
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  get [Symbol.toStringTag]() {
    return 'WebSocketServer';
  }
}
