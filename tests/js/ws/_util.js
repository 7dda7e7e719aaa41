import { createServer } from 'wqjs:http';
import { connect } from 'wqjs:net';
import { WebSocketServer } from 'wqjs:ws';

/** Runs a WebSocketServer on a port of its own for the time of run({ wss, server, port, url }). */
export async function serving(options, onConnection, run) {
  const server = createServer();
  await new Promise((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const wss = new WebSocketServer({ server, closeTimeout: 300, ...options });
  wss.on('connection', onConnection);
  const { port } = server.address();
  try {
    return await run({ wss, server, port, url: `ws://127.0.0.1:${port}/` });
  } finally {
    await wss.close();
    await server.close({ graceful: false });
  }
}

/** Sends back what comes. */
export const echo = (ws) => ws.on('message', (data) => ws.send(data));

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

export const REQUEST = {
  Host: 'x',
  Upgrade: 'websocket',
  Connection: 'keep-alive, Upgrade',
  'Sec-WebSocket-Key': KEY,
  'Sec-WebSocket-Version': '13',
};

const latin1 = (bytes) => Array.from(bytes, (b) => String.fromCharCode(b)).join('');
export const bytesOf = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A hand-written client: its bytes are what the test says. */
export class Peer {
  data = '';

  static async open(port, headers = {}, line = 'GET / HTTP/1.1') {
    const peer = new Peer();
    peer.conn = await connect({ host: '127.0.0.1', port });
    let text = `${line}\r\n`;
    const all = { ...REQUEST, ...headers };
    for (const name in all) if (all[name] !== null) text += `${name}: ${all[name]}\r\n`;
    await peer.conn.write(`${text}\r\n`);
    while (!peer.data.includes('\r\n\r\n') && (await peer.more()));
    const end = peer.data.indexOf('\r\n\r\n');
    peer.head = peer.data.slice(0, end);
    peer.status = Number(peer.head.split(' ')[1]);
    peer.data = peer.data.slice(end + 4);
    return peer;
  }

  async more() {
    const chunk = await this.conn.read().catch(() => null);
    if (chunk !== null) this.data += latin1(chunk);
    return chunk !== null;
  }

  write(bytes) {
    return this.conn.write(bytes).catch(() => {});
  }

  /** The next frame, [first byte, payload as Latin-1]; null at the end. */
  async frame() {
    for (;;) {
      const { data } = this;
      const short = data.length > 1 ? data.charCodeAt(1) : 0;
      const ext = short === 127 ? 8 : short === 126 ? 2 : 0;
      if (data.length >= 2 + ext) {
        let n = ext === 0 ? short : 0;
        for (let i = 0; i < ext; i++) n = n * 256 + data.charCodeAt(2 + i);
        if (data.length >= 2 + ext + n) {
          this.data = data.slice(2 + ext + n);
          return [data.charCodeAt(0), data.slice(2 + ext, 2 + ext + n)];
        }
      }
      if (!(await this.more())) return null;
    }
  }

  /** All frames up to the end: texts and bytes, then the close code. */
  async outcome() {
    const list = [];
    for (let f = await this.frame(); f !== null; f = await this.frame()) {
      if ((f[0] & 15) === 8) list.push(f[1] === '' ? 1005 : f[1].charCodeAt(0) * 256 + f[1].charCodeAt(1));
      else list.push(`${f[0].toString(16)}:${f[1]}`);
    }
    this.conn.close();
    return list;
  }
}

/** A masked frame; first is its first byte, form 0, 2 or 8 the bytes of an extended length (-1: the right one). */
export function frame(first, payload = '', { form = -1, mask = [1, 2, 3, 250], length = payload.length } = {}) {
  if (form < 0) form = length > 65535 ? 8 : length > 125 ? 2 : 0;
  const head = [first, (mask ? 128 : 0) | (form === 8 ? 127 : form === 2 ? 126 : length)];
  for (let i = form - 1; i >= 0; i--) head.push(Math.floor(length / 256 ** i) & 255);
  const body = mask ? bytesOf(payload).map((b, i) => b ^ mask[i % 4]) : bytesOf(payload);
  return Uint8Array.from([...head, ...(mask ?? []), ...body]);
}

export function join(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A WHATWG client with its events as promises. */
export function client(WebSocket, ...args) {
  const ws = new WebSocket(...args);
  const messages = [];
  let wake = () => {};
  ws.onmessage = (e) => {
    messages.push(e.data);
    wake();
  };
  ws.opened = new Promise((resolve) => (ws.onopen = resolve));
  ws.ended = new Promise((resolve) => (ws.onclose = resolve));
  ws.next = async () => {
    while (messages.length === 0) await new Promise((resolve) => (wake = resolve));
    return messages.shift();
  };
  return ws;
}
