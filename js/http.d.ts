/**
 * wqjs:http: an HTTP/1.0 and HTTP/1.1 server (RFC 9110, RFC 9112).
 *
 * Parsing, framing, limits and timeouts are native; a handler is one call per
 * request, and of the request only what it touches becomes JavaScript values.
 */
declare module 'wqjs:http' {
  import type { Address, Conn } from 'wqjs:net';
  import type { TlsInfo, TlsOptions } from 'wqjs:sockets';

  export type Handler<Req = IncomingMessage, Res = ServerResponse> = (req: Req, res: Res) => unknown;

  /** Sizes are bytes, times milliseconds; a time of 0 is no limit. */
  export interface ServerOptions {
    /** What request objects inherit from: IncomingMessage.prototype or an object that has it in its chain. */
    requestPrototype?: object;
    /** The same for responses and ServerResponse.prototype. */
    responsePrototype?: object;
    /** Request line and headers together (default 16 KiB, at most 64 KiB); beyond: 431. */
    maxHeaderSize?: number;
    /** Header lines (default 100, at most 500); beyond: 431. */
    maxHeadersCount?: number;
    /** Request target (default 8 KiB, at most 16 KiB); beyond: 414. */
    maxUrlSize?: number;
    /** Decoded body (default 16 MiB; Infinity: no limit); beyond: 413. */
    maxBodySize?: number;
    /** From the first byte of a request, or from connecting, to the end of its headers (default 10 s); then 408. */
    headersTimeout?: number;
    /** Without a byte of a body that is awaited (default 30 s); then 408. */
    bodyTimeout?: number;
    /** From the first byte of a request to the end of its body (default 5 min), though bytes come; then 408. */
    requestTimeout?: number;
    /** Between requests (default 5 s); then the connection is closed. */
    keepAliveTimeout?: number;
    /** Without the peer taking a byte of a response (default 30 s); then the connection is closed. A peer that has
     * ended its side, and may be gone, is kept so long without an answer. */
    sendTimeout?: number;
    /** Whether a peer that has ended its side still gets its answer (default true: `printf … | nc -N`). Its request's
     * signal is aborted either way; with false the response is, too, as by Node: 'close' without 'finish'. */
    allowHalfOpen?: boolean;
    /** Requests on one connection (default 1000); the last answer says `Connection: close`. */
    maxRequestsPerConnection?: number;
    /** Open connections (default 1000); beyond, idle ones are closed, then peers wait to be accepted. */
    maxConnections?: number;
  }

  export interface ListenOptions {
    /** 0, the default, lets the system choose. */
    port?: number | string;
    /** Default '0.0.0.0'. */
    host?: string;
    /** A Unix socket instead: a path, or "@" and an abstract name. Its file is removed when the server closes, if the
     * program may write there (`--allow-write`); who finds one when listening gets EADDRINUSE. listen(path) is short. */
    path?: string;
    /** A listener that was granted, instead. */
    fd?: number;
    backlog?: number;
    /** SO_REUSEPORT: several sandboxes listen on one port. */
    reusePort?: boolean;
    ipv6Only?: boolean;
    /** HTTPS: cert and key, and what else tls_wrap takes. alpn is ['http/1.1'] if left out. Who does not end the
     * handshake within handshakeTimeout and headersTimeout, or fails in it, is dropped, and counts as a connection until then. */
    tls?: TlsOptions;
  }

  /** Creates a server; it does nothing until listen() or inject(). An error that the handler throws, or its promise
   * rejects with, is answered with 500 and printed, unless somebody listens to 'error'. */
  export function createServer(handler?: Handler): Server;
  export function createServer<Req = IncomingMessage, Res = ServerResponse>(options: ServerOptions, handler?: Handler<Req, Res>): Server;

  export interface InjectOptions {
    method?: string;
    /** Path and query. */
    url?: string;
    headers?: Record<string, string | number | string[]>;
    body?: string | ArrayBuffer | ArrayBufferView;
  }

  export interface InjectedResponse {
    status: number;
    statusText: string;
    headers: MessageHeaders;
    rawHeaders: string[];
    trailers: MessageHeaders;
    bytes(): Uint8Array;
    text(): string;
    json(): any;
  }

  /** Headers in lower case; an object without a prototype. `set-cookie` is an array; duplicates are joined with
   * ', ' ('; ' for cookie) or, where only one makes sense, the first counts, as in node:http. */
  export interface MessageHeaders {
    [name: string]: string | string[] | undefined;
    'set-cookie'?: string[];
  }

  export class Server {
    private constructor();
    /** Starts to listen and calls cb in a later turn. What makes it fail is thrown, or given to 'error' if there are listeners. */
    listen(options: ListenOptions, cb?: () => void): this;
    listen(port?: number | string, host?: string, cb?: () => void): this;
    listen(portOrPath: number | string, cb: () => void): this;
    readonly listening: boolean;
    /** Where it listens; null before listen() and after close(). */
    address(): Address | null;
    /** Open connections. */
    readonly connections: number;
    /** Stops accepting and closes idle connections. Requests in flight are finished within timeout milliseconds
     * (default 10 s), or not at all if graceful is false. WebSockets (wqjs:ws) are closed with 1001; other upgraded
     * connections have as long to end. Settles when all connections are gone. */
    close(options?: { graceful?: boolean; timeout?: number }): Promise<void>;
    close(cb: () => void): Promise<void>;
    /** Handles a request without a port or a permission, over a pair of sockets. */
    inject(options: InjectOptions | string): Promise<InjectedResponse>;
    on(event: 'listening' | 'close', listener: () => void): this;
    on(event: 'error', listener: (error: any, req?: IncomingMessage, res?: ServerResponse) => void): this;
    /** Requests, if createServer() got no handler. */
    on(event: 'request', listener: Handler): this;
    /** Connection: upgrade, and CONNECT. Without a listener the header is ignored and CONNECT is answered with 501.
     * The connection is the listener's; head is what came after the request. */
    on(event: 'upgrade', listener: (req: IncomingMessage, conn: Conn, head: Uint8Array) => void): this;
    once(event: string, listener: (...args: any[]) => void): this;
    off(event: string, listener: (...args: any[]) => void): this;
    /** Whether an open server keeps the program running. */
    ref(): this;
    unref(): this;
  }

  /** A request. Nothing of it is made before it is read; all stays valid after the response. Assigning to method, url,
   * path, query, headers or body replaces the value. */
  export class IncomingMessage implements AsyncIterable<Uint8Array> {
    private constructor();
    method: string;
    /** The target as it came: '/a?b=1', 'http://host/a', '*'. */
    url: string;
    /** Path of the target, escapes not decoded. */
    path: string;
    /** Decoded query; of equal keys the last counts. An object without a prototype. */
    query: Record<string, string>;
    headers: MessageHeaders;
    /** Names and values in turn, as they came. */
    readonly rawHeaders: string[];
    /** One header, without making all: getHeader('content-type'). */
    getHeader(name: string): string | string[] | undefined;
    /** Trailers of a chunked body, once it is complete. */
    readonly trailers: MessageHeaders;
    /** The response, while something holds it. */
    readonly res: ServerResponse | undefined;
    readonly httpVersion: '1.0' | '1.1';
    readonly remoteAddress: string;
    readonly remotePort: number;
    readonly localAddress: string;
    readonly localPort: number;
    /** Whether it came over TLS. */
    readonly encrypted: boolean;
    /** The TLS session with the client's certificate; null without TLS, and after the connection has ended. */
    readonly tls: TlsInfo | null;
    /** Whether all of the body has arrived. */
    readonly complete: boolean;
    /** Whether the connection ended before the response did. */
    readonly aborted: boolean;
    /** Aborts when the peer closes or resets the connection before the response is finished. */
    readonly signal: AbortSignal;
    /** The body in pieces as they come: what is not read stops the peer. */
    body: AsyncIterable<Uint8Array> | any;
    [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array>;
    /** The next piece of the body; null at its end. */
    read(): Promise<Uint8Array | null>;
    /** The whole body if all of it is here and nothing was read: no promise needed. Else null. */
    readNow(): Uint8Array | null;
    /** The whole body. A longer one than limit is an error with status 413; a broken connection rejects. */
    bytes(options?: { limit?: number }): Promise<Uint8Array>;
    text(options?: { limit?: number }): Promise<string>;
    json(options?: { limit?: number }): Promise<any>;
    /** A body of multipart/form-data or application/x-www-form-urlencoded; beyond a limit: an error with status 413. */
    formData(options?: FormDataOptions): Promise<FormData>;
    /** 'close': the exchange is over, or the peer went away. */
    on(event: 'close', listener: () => void): this;
    once(event: 'close', listener: () => void): this;
    off(event: 'close', listener: () => void): this;
    /** Drops the connection. */
    destroy(): this;
  }

  export type Chunk = string | ArrayBuffer | ArrayBufferView;
  /** A text, then the bytes [start, end) of the file (default: none). */
  export interface FilePart {
    text?: string;
    start?: number;
    end?: number;
  }
  export type HeaderValue = string | number | readonly string[];

  /** A response. Date, Content-Length or chunked framing, and Connection are set where they are missing. */
  export class ServerResponse {
    private constructor();
    /** 200 to 999 (default 200). */
    statusCode: number;
    /** Default: the standard text. */
    statusMessage: string;
    readonly req: IncomingMessage;
    readonly headersSent: boolean;
    /** Whether end() was called. */
    readonly writableEnded: boolean;
    /** Whether everything was handed to the system. */
    readonly finished: boolean;
    /** Whether the connection is gone. */
    readonly destroyed: boolean;
    /** Body bytes not yet handed to the system. */
    readonly writableLength: number;
    /** Throws on a wrong name, and on CR, LF, NUL or characters beyond Latin-1 in the value. An array makes several lines. */
    setHeader(name: string, value: HeaderValue): this;
    appendHeader(name: string, value: HeaderValue): this;
    getHeader(name: string): string | string[] | undefined;
    getHeaders(): MessageHeaders;
    getHeaderNames(): string[];
    hasHeader(name: string): boolean;
    removeHeader(name: string): void;
    writeHead(status: number, message?: string, headers?: Record<string, HeaderValue>): this;
    writeHead(status: number, headers?: Record<string, HeaderValue>): this;
    /** Sends the head now. */
    flushHeaders(): void;
    /** true, or, if much waits to be sent, a promise that settles when there is room again. `await` it either way.
     * Throws when 16 MiB wait already. After the peer has gone, writes are dropped. */
    write(chunk: Chunk): true | Promise<void>;
    end(chunk?: Chunk): this;
    /** Ends with the bytes [start, end) of a file, or of a file fd, which is left open. They go from the file to the
     * socket without becoming JavaScript values. Sets Content-Length; throws what opening the file throws. */
    file(file: string | number, range?: { start?: number; end?: number }): this;
    /** Several pieces of a file, each after a text: what multipart/byteranges is made of. At most 16384 parts, and 16 KiB of text each. */
    file(file: string | number, pieces: { parts: readonly FilePart[] }): this;
    /** 100 Continue; by itself sent when the body is first read. */
    writeContinue(): void;
    /** Another 1xx: writeInformational(103, { link: '</a.css>; rel=preload' }). */
    writeInformational(status: number, headers?: Record<string, HeaderValue>): void;
    /** After a chunked body. */
    addTrailers(trailers: Record<string, HeaderValue>): void;
    /** 'finish': all was handed to the system; 'close': after that, or when the connection is lost. */
    on(event: 'finish' | 'close', listener: () => void): this;
    once(event: 'finish' | 'close', listener: () => void): this;
    off(event: 'finish' | 'close', listener: () => void): this;
    /** Drops the connection. */
    destroy(): this;
  }

  /** Standard texts by status code. */
  export const STATUS_CODES: Readonly<Record<number, string>>;
  /** The methods that the parser knows. */
  export const METHODS: readonly string[];

  const http: {
    createServer: typeof createServer;
    IncomingMessage: typeof IncomingMessage;
    METHODS: typeof METHODS;
    Server: typeof Server;
    ServerResponse: typeof ServerResponse;
    STATUS_CODES: typeof STATUS_CODES;
  };
  export default http;
}
