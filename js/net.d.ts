/**
 * TCP, Unix and UDP sockets on promises.
 *
 * - What fails rejects with a SocketError of wqjs:sockets ({@link NetError}):
 *   code, errno, syscall, address, port. Wrong arguments are TypeErrors and
 *   RangeErrors.
 * - Nothing is read before it is asked for: a connection that nobody reads makes
 *   its peer wait.
 * - An open socket does not keep the program running, an operation that waits
 *   does, unless unref() was called.
 * - All times are milliseconds.
 */
declare module 'wqjs:net' {
  import type { SocketError, TlsInfo, TlsOptions } from 'wqjs:sockets';

  /**
   * What operations fail with. Besides the codes of the system: ECANCELED (it
   * waited when the socket was closed), EBADF (closed before), ETIMEDOUT,
   * ENOBUFS (too much waits to be written), EPIPE (written after end()).
   */
  export interface NetError extends SocketError {
    /** Of connect: one error for each address, if there were several. */
    errors?: NetError[];
  }

  export interface Address {
    /** An IP address, or the path of a Unix socket ("" if it has none). */
    address: string;
    /** 0 for Unix sockets. */
    port: number;
    family: 'IPv4' | 'IPv6' | 'unix';
  }

  /** Bytes to send; strings are sent as UTF-8. Buffers must not change until the promise is settled. */
  export type Data = string | ArrayBufferLike | ArrayBufferView;

  export interface KeepAlive {
    /** Time without traffic before the first probe; rounded up to seconds. */
    idle?: number;
    /** Time between probes; rounded up to seconds. */
    interval?: number;
    /** Probes without answer until the connection is given up. */
    count?: number;
  }

  export interface StreamOptions {
    /** Send small writes at once (TCP_NODELAY). Default true. */
    noDelay?: boolean;
    /** Default false. */
    keepAlive?: boolean | KeepAlive;
    /** false: at the peer's end the own side ends, too, after what was written. Default true. */
    allowHalfOpen?: boolean;
  }

  export interface ConnectOptions extends StreamOptions {
    /** A name or an address; IPv6 with or without brackets. Default "localhost". */
    host?: string;
    /** 1 to 65535. Either this, path or fd is needed. */
    port?: number | string;
    /** A Unix socket: a path, or "@" and an abstract name. */
    path?: string;
    /** A connected socket, such as a granted one; the Conn takes it over. */
    fd?: number;
    /** 4 or 6: only addresses of that family. Default 0, both. */
    family?: 0 | 4 | 6;
    /** Bind to this address first; needs the permission to listen on it. */
    localAddress?: string;
    localPort?: number;
    /** Aborts the lookup and the attempts: the promise rejects with the signal's reason. */
    signal?: AbortSignal | null;
    /** For the lookup, all attempts and TLS together; then the code is "ETIMEDOUT". Default 0, none. */
    timeout?: number;
    /**
     * Secure the connection; the promise waits for the handshake. servername is
     * host unless given. A certificate that is not accepted rejects with "ECERT".
     */
    tls?: boolean | TlsOptions;
  }

  /**
   * Opens a connection. The addresses of a name are tried in turns of the
   * families, the next one 250 ms after the last or when it has failed; the
   * first to answer wins (RFC 8305). If all fail, the error is that of the
   * first, and errors has all.
   */
  export function connect(options: ConnectOptions): Promise<Conn>;

  export interface ListenOptions extends StreamOptions {
    /** A local address or name. Default "0.0.0.0": every interface; a policy that grants one address narrows it to that. */
    host?: string;
    /** Default 0: any free port. */
    port?: number | string;
    /** A Unix socket: a path, whose file stays when the server is closed, or "@" and an abstract name. */
    path?: string;
    /** A listener to take over, such as one of granted of wqjs:sockets. */
    fd?: number;
    /** How many connections may wait to be accepted. Default: as many as the system lets. */
    backlog?: number;
    /** Share the port with other listeners (SO_REUSEPORT). */
    reusePort?: boolean;
    /** Of an IPv6 address: whether IPv4 is not served. Default: the system's. */
    ipv6Only?: boolean;
    /**
     * Secure the connections, with at least cert and key. They are accepted
     * before the handshake, which runs by itself: a client that stalls holds up
     * nobody, and one that fails makes reading and handshake() reject.
     */
    tls?: TlsOptions;
  }

  /** Opens a listener, at once; throws a NetError. A host name is looked up while the script waits. */
  export function listen(options?: ListenOptions): Server;

  /** A stream connection. Iterating gives chunks until the peer's end; leaving the loop leaves it open. */
  export class Conn implements AsyncIterable<Uint8Array<ArrayBuffer>> {
    private constructor();

    /** Reads what is there, at most size bytes (default and limit 65536), waiting for the first; null is the end. */
    read(size?: number): Promise<Uint8Array<ArrayBuffer> | null>;
    /** Reads into a buffer: the number of bytes; null is the end. Reads are served in their order. */
    read(buffer: ArrayBufferLike | ArrayBufferView): Promise<number | null>;
    /**
     * Writes all of the data and gives the number of bytes, when the kernel has
     * them: who awaits it keeps the pace of the reader. Writes are done in their
     * order. When more than 16 MiB wait already, it rejects with "ENOBUFS".
     */
    write(data: Data): Promise<number>;
    /** Half-close: writes the data, if any, and tells the peer that it was the last. Reading goes on. */
    end(data?: Data): Promise<void>;
    /** The same without data. */
    closeWrite(): Promise<void>;
    /**
     * Closes the socket at once; what waits rejects with "ECANCELED", which need
     * not be handled. What the peer sent and nobody read makes it a reset: end()
     * first to be polite. May be called again.
     */
    close(): void;
    /** Fulfilled when the socket is closed, for whatever reason: close(), an error, or both sides have ended. */
    readonly closed: Promise<void>;

    [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
    /** The incoming side as (a part of) a ReadableStream; leaving a loop over it ends reading. */
    readonly readable: ReadableSide;
    /** The outgoing side as (a part of) a WritableStream. */
    readonly writable: WritableSide;

    /** null when it was never asked for before the socket was closed. */
    readonly localAddr: Address | null;
    readonly remoteAddr: Address;
    /** For wqjs:sockets; -1 when closed. */
    readonly fd: number;

    /**
     * Secures a connection that has talked in the clear (STARTTLS), while no read
     * or write waits; the promise waits for the handshake. A client must give
     * servername, a server isServer, cert and key. It fails as tls_wrap does.
     */
    startTls(options?: TlsOptions): Promise<TlsInfo>;
    /** Waits for the end of the TLS handshake and gives the session. */
    handshake(): Promise<TlsInfo>;
    /** The TLS session; null without TLS, and before the handshake has ended. */
    readonly tls: TlsInfo | null;

    setNoDelay(on?: boolean): this;
    setKeepAlive(on?: boolean, options?: KeepAlive): this;
    /** When an operation waits and no byte moves for this long, the connection is closed and it rejects with "ETIMEDOUT". 0: never. */
    setTimeout(ms: number): this;
    /** Waiting operations keep the program running (the default). */
    ref(): this;
    /** They do not. */
    unref(): this;

    [Symbol.dispose](): void;
    [Symbol.asyncDispose](): Promise<void>;
  }

  export interface ReadableSide extends AsyncIterable<Uint8Array<ArrayBuffer>> {
    getReader(): {
      read(): Promise<IteratorResult<Uint8Array<ArrayBuffer>, undefined>>;
      cancel(): Promise<void>;
      releaseLock(): void;
    };
    /** Ends reading: reads that wait, and later ones, give the end. */
    cancel(): Promise<void>;
    values(options?: { preventCancel?: boolean }): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
  }

  export interface WritableSide {
    getWriter(): {
      write(chunk: Data): Promise<void>;
      /** Fulfilled when what was written has left. */
      readonly ready: Promise<void>;
      close(): Promise<void>;
      abort(): Promise<void>;
      releaseLock(): void;
    };
    /** Half-closes the connection. */
    close(): Promise<void>;
    /** Closes the connection. */
    abort(): Promise<void>;
  }

  /**
   * A listener. Iterating gives connections until close(); leaving the loop
   * closes it. When the sandbox or the system is out of fds, accepting waits
   * until there are some.
   */
  export class Server implements AsyncIterable<Conn> {
    private constructor();

    accept(): Promise<Conn>;
    [Symbol.asyncIterator](): AsyncIterableIterator<Conn>;
    readonly addr: Address;
    /** -1 when closed. */
    readonly fd: number;
    /** Ends loops; an accept() that waits rejects with "ECANCELED". Connections stay open. May be called again. */
    close(): void;
    ref(): this;
    unref(): this;
    [Symbol.dispose](): void;
    [Symbol.asyncDispose](): Promise<void>;
  }

  export interface UdpOptions {
    /** A local address or name to bind to. Without host and port the system chooses, with the first datagram sent. */
    host?: string;
    /** Default 0: any free port. */
    port?: number | string;
    /** A Unix datagram socket at this path. */
    path?: string;
    /** 4 or 6, where the host does not tell. Default 4. */
    family?: 0 | 4 | 6;
    reuseAddr?: boolean;
    reusePort?: boolean;
    /** Allows sending to broadcast addresses. */
    broadcast?: boolean;
  }

  /** Opens a datagram socket, at once; throws a NetError. */
  export function udp(options?: UdpOptions): UdpSocket;

  export interface Received extends Address {
    data: Uint8Array<ArrayBuffer>;
  }

  /** Where to send to: a name or address and a port, or the path of a Unix socket. */
  export interface Destination {
    host?: string;
    address?: string;
    port?: number | string;
    path?: string;
  }

  /** A datagram socket. Iterating gives datagrams until close(); leaving the loop closes it. */
  export class UdpSocket implements AsyncIterable<Received> {
    private constructor();

    /** Sends one datagram and gives its size. A name is looked up each time. */
    send(data: Data, to: Destination): Promise<number>;
    /** The next datagram. */
    recv(): Promise<Received>;
    [Symbol.asyncIterator](): AsyncIterableIterator<Received>;
    /** The local address; port 0 before a socket that is not bound has sent. */
    readonly addr: Address;
    /** -1 when closed. */
    readonly fd: number;
    /** Ends loops; what waits rejects with "ECANCELED". May be called again. */
    close(): void;
    ref(): this;
    unref(): this;
    [Symbol.dispose](): void;
    [Symbol.asyncDispose](): Promise<void>;
  }

  /**
   * Copies from one connection to the other until the end, and passes that on by
   * a half-close. Gives the number of bytes. It closes neither.
   */
  export function pipe(from: AsyncIterable<Uint8Array>, to: Conn): Promise<number>;

  const net: {
    Conn: typeof Conn;
    connect: typeof connect;
    listen: typeof listen;
    pipe: typeof pipe;
    Server: typeof Server;
    udp: typeof udp;
    UdpSocket: typeof UdpSocket;
  };
  export default net;
}
