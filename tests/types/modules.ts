// Every module, under strict.
import sockets, { granted, type SocketError, type TlsInfo } from 'wqjs:sockets';
import so from './dist/network_sockets.so';
import * as std from 'std';
import * as os from 'os';
import net, { connect, listen, pipe, udp, Conn, type Address } from 'wqjs:net';
import { lookup } from 'wqjs:dns';
import { createServer, IncomingMessage, METHODS, ServerResponse, STATUS_CODES } from 'wqjs:http';
import { serve } from 'wqjs:serve';
import { CloseEvent, upgrade, WebSocketServer, WebSocket as Client, type Message } from 'wqjs:ws';

const fd: number = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM, 0);
so.close(fd);
sockets.send(fd, new Uint8Array(4), 0, 4, 0);
const names: string[] = granted.map((g) => g.name);
const request = sockets.parse_http_request('GET / HTTP/1.1\r\n\r\n');
if (request.complete) { const body: string = request.body; body.length; }
const bytes = sockets.parse_http_request(new Uint8Array(3));
if (bytes.complete) bytes.body.byteLength;
async function main() {
  const conn: Conn = await connect({ host: 'localhost', port: 1, signal: AbortSignal.timeout(5) });
  const n: number | null = await conn.read(new Uint8Array(4));
  const chunk = await conn.read();
  if (chunk) await conn.write(chunk.subarray(1));
  for await (const c of conn.readable) c.byteLength + (n ?? 0);
  await using other = await connect({ path: '/x' });
  await pipe(conn, other);
  using server = listen();
  const a: Address = server.addr;
  for await (const c of server) c.setNoDelay().setKeepAlive(true, { idle: 5 }).unref().close();
  const one: string = await lookup('x');
  const all: string[] = await lookup('x', { all: true });
  const socket = udp({ port: 0 });
  const { data, port } = await socket.recv();
  await socket.send(data, { address: one, port });
  std.out.puts(names, all, a.port);
  const [st, err] = os.stat('/');
  if (st) st.size + err;
  const f = std.open('x', 'r');
  f?.close();
  net.listen({ fd: 5 });
  const secure = await connect({ port: 443, tls: { ca: [new Uint8Array(3)], alpn: ['h2'], rejectUnauthorized: true } });
  const until: string | undefined = secure.tls?.peer?.validTo;
  const session: TlsInfo = await conn.startTls({ isServer: true, cert: 'c', key: 'k', certs: [{ cert: 'c', key: 'k' }] });
  sockets.tls_wrap(sockets.tls_wrap(fd, { servername: until }), sockets.tls_context({ minVersion: 'TLSv1.3' }), session.protocol);
  listen({ tls: { cert: 'c', key: 'k', requestCert: true } });
  std.exit(1);
}
async function http() {
  class Req extends (IncomingMessage as any) {}
  const server = createServer({ maxBodySize: 5, requestPrototype: Req.prototype }, async (req: IncomingMessage, res: ServerResponse) => {
    const type: string | string[] | undefined = req.headers['content-type'];
    for await (const chunk of req) chunk.byteLength;
    await res.setHeader('X', [String(type)]).write(new Uint8Array(1));
    res.writeHead(404, { a: 1 }).end(STATUS_CODES[404] + METHODS[0]);
  });
  server.listen({ port: 0 }, () => {}).on('upgrade', (req, conn, head) => void conn.write(head));
  const res = await server.inject({ url: '/', headers: { a: 'b' } });
  res.status + res.text().length;
  serve({ fetch: async (request) => Response.json(await request.json()) }, { port: 1 });
  await server.close({ timeout: 5 });
}
http();
async function ws() {
  const server = createServer();
  const sockets = new WebSocketServer({ server, path: '/x', origins: ['http://a'], protocols: (offered) => offered[0], perMessageDeflate: true });
  sockets.on('connection', async (socket, req) => {
    for await (const message of socket) await socket.send(typeof message === 'string' ? message + req.url : message.subarray(1));
    socket.on('message', (data: Message) => data.length).close(1000, 'bye');
  });
  server.on('upgrade', async (req, conn, head) => void (await upgrade(req, conn, head, { maxPayload: 5 }))?.ping());
  const client = new Client('ws://x', ['a'], { headers: { a: 'b' } });
  client.onclose = (event) => event.code + event.reason.length;
  client.send(new Uint8Array(1));
  new WebSocket('ws://x').close();
  new CloseEvent('close', { code: 1 }).wasClean;
}
ws();
// @ts-expect-error
new WebSocketServer({ overflow: 'drop' });
// @ts-expect-error
new ServerResponse();
// @ts-expect-error
serve({});
try { main(); } catch (e) { (e as SocketError).code; }
// @ts-expect-error
connect();
// @ts-expect-error
listen({ port: true });
// @ts-expect-error
listen({ tls: true });
// @ts-expect-error
sockets.send('x', 'y');
// @ts-expect-error
new Conn();
