/**
 * wqjs:ws: WebSocket server and client (RFC 6455), with permessage-deflate
 * (RFC 7692). Sizes are bytes, times milliseconds.
 *
 * Frames are parsed, unmasked and checked natively. A peer that breaks the
 * protocol is told the code and disconnected; one that does not read is, too.
 */
declare module 'wqjs:ws' {
  import type { IncomingMessage, Server } from 'wqjs:http';
  import type { Conn } from 'wqjs:net';
  import type { TlsOptions } from 'wqjs:sockets';

  /** A text message, or the bytes of a binary one. */
  export type Message = string | Uint8Array<ArrayBuffer>;
  /** Strings are sent as text, buffers as binary messages. They are copied. */
  export type Data = string | ArrayBufferLike | ArrayBufferView;

  export interface Limits {
    /** The longest message, decompressed, up to 64 MiB; beyond: 1009. Default 1 MiB, of a client 16 MiB. */
    maxPayload?: number;
    /** What may wait for a peer that does not read, up to 16 MiB (default 4 MiB); one message may be longer. */
    maxQueued?: number;
    /** What to do beyond maxQueued: close with 1013 (the default), or only reject the send. */
    overflow?: 'close' | 'reject';
    /** From the start of the closing handshake until the connection is dropped (default 5 s). */
    closeTimeout?: number;
    /** Without a byte for so long, a ping is sent; without an answer for as long again, the connection is dropped. Default 30 s; 0: never. */
    idleTimeout?: number;
    /** Of a client: for connecting, and for the server's answer. Of a server: for verify. Default 10 s; 0: none. */
    handshakeTimeout?: number;
  }

  export interface UpgradeOptions extends Limits {
    /** Origins of pages that may connect. Without it, only those whose host is that of the request; programs that send no Origin always may. */
    origins?: '*' | readonly string[] | ((origin: string | undefined, req: IncomingMessage) => boolean | Promise<boolean>);
    /** The subprotocols spoken here: of those that a client offers, the first of them is chosen. Or a function that chooses. */
    protocols?: readonly string[] | ((offered: string[], req: IncomingMessage) => string | undefined);
    /** Anything but true refuses: with the number as status, else with 403. */
    verify?: (req: IncomingMessage) => boolean | number | Promise<boolean | number>;
    /** Agree to compress messages, if the client offers it. Default false. */
    perMessageDeflate?: boolean;
  }

  export interface ServerOptions extends UpgradeOptions {
    /** Take this server's upgrades. Several WebSocketServers share one by their paths; the first that matches gets it, none: 404. */
    server?: Server;
    /** The path of requests to take. Default: any. */
    path?: string;
    /** Open connections and handshakes (default 10,000); beyond: 503. */
    maxClients?: number;
  }

  export class WebSocketServer {
    constructor(options?: ServerOptions);
    /** The open connections. */
    readonly clients: Set<ServerSocket>;
    /** Whether the request has this server's path. */
    matches(req: IncomingMessage): boolean;
    /** For a server's 'upgrade' event, when the option server was not given: null when it was refused, and answered. */
    handleUpgrade(req: IncomingMessage, conn: Conn, head: Uint8Array): Promise<ServerSocket | null>;
    /** Accepts no more and closes all with 1001; settles when they are gone. The option server's close() calls it. */
    close(): Promise<void>;
    /** What a listener throws, or its promise rejects with, closes the connection with 1011 and goes to 'error'. */
    on(event: 'connection', listener: (ws: ServerSocket, req: IncomingMessage) => unknown): this;
    /** Errors of verify and of listeners. Without a listener they are printed. */
    on(event: 'error', listener: (error: any) => unknown): this;
    once(event: string, listener: (...args: any[]) => unknown): this;
    off(event: string, listener: (...args: any[]) => unknown): this;
    [Symbol.asyncDispose](): Promise<void>;
  }

  /** Answers one request of a server's 'upgrade' event: null when it was refused. The server's close() closes it, with 1001. */
  export function upgrade(req: IncomingMessage, conn: Conn, head: Uint8Array, options?: UpgradeOptions): Promise<ServerSocket | null>;

  /**
   * The server's side of a connection. Messages go to the listeners of
   * 'message', or to loops; while there is neither, or the loop is busy, nothing
   * more is read. A loop ends when the connection does, for whatever reason
   * (closeCode tells); leaving it closes the connection.
   */
  export class ServerSocket implements AsyncIterable<Message> {
    private constructor();
    [Symbol.asyncIterator](): AsyncIterableIterator<Message>;
    /** Fulfilled when the kernel has all of it: who awaits it keeps the pace of the peer. A rejection (the peer is gone, or too slow) need not be handled. */
    send(data: Data): Promise<void>;
    /** Up to 125 bytes. Pings of the peer are answered by themselves. */
    ping(data?: Data): Promise<void>;
    pong(data?: Data): Promise<void>;
    /** Starts the closing handshake: 1000 to 1014 but for 1004 to 1006, or 3000 to 4999; a reason of up to 123 bytes. */
    close(code?: number, reason?: string): void;
    /** Drops the connection. */
    terminate(): void;
    /** The request that was upgraded. */
    readonly request: IncomingMessage;
    /** The subprotocol, or ''. */
    readonly protocol: string;
    /** 1 open, 2 closing, 3 closed. */
    readonly readyState: number;
    /** Bytes that wait for the peer. */
    readonly bufferedAmount: number;
    /** What the peer closed with: 1005 without a code, 1006 without a close frame; null while it is open. */
    readonly closeCode: number | null;
    readonly closeReason: string;
    on(event: 'message', listener: (data: Message) => unknown): this;
    on(event: 'close', listener: (code: number, reason: string) => unknown): this;
    /** Why the connection ended without a closing handshake, and what listeners throw. */
    on(event: 'error', listener: (error: any) => unknown): this;
    on(event: 'ping' | 'pong', listener: (data: Uint8Array) => unknown): this;
    once(event: string, listener: (...args: any[]) => unknown): this;
    off(event: string, listener: (...args: any[]) => unknown): this;
  }

  /** Of the third argument of WebSocket. */
  export interface ClientOptions extends Limits {
    /** More headers of the request. */
    headers?: Record<string, string>;
    /** Offer to compress. Default true. */
    perMessageDeflate?: boolean;
    /** Of wss: URLs; see connect of wqjs:net. */
    tls?: boolean | TlsOptions;
  }

  // The same as the globals.
  export const WebSocket: typeof globalThis.WebSocket;
  export type WebSocket = globalThis.WebSocket;
  export const MessageEvent: typeof globalThis.MessageEvent;
  export type MessageEvent = globalThis.MessageEvent;
  export const CloseEvent: typeof globalThis.CloseEvent;
  export type CloseEvent = globalThis.CloseEvent;
}
