/**
 * BSD sockets, in the shape of the C module network_sockets.so of native
 * QuickJS. Calls on a blocking socket block the script; programs that do
 * several things at a time want wqjs:net.
 *
 * Failures throw a SocketError. What the sandbox may reach is decided by its
 * permissions; a denied call has the code "EACCES" and a message that names the
 * flag which would allow it.
 */
declare module 'wqjs:sockets' {
  /** What all functions throw when a system call fails: an InternalError with these properties. */
  export interface SocketError extends Error {
    /** The symbolic name: "ECONNREFUSED", "EACCES", … */
    code: string;
    /** Its number, in wasi-libc's numbering on every system. */
    errno: number;
    /** The call that failed: "connect", "getaddrinfo", … */
    syscall: string;
    /** The address that the call was about, if it had one. */
    address?: string;
    port?: number;
  }

  export interface SocketAddress {
    /** An IP address, with its scope if it has one ("fe80::1%2"), or the path of a Unix socket. */
    address: string;
    /** 0 for Unix sockets. */
    port: number;
    /** AF_INET, AF_INET6 or AF_UNIX. */
    family: number;
  }

  /** An accepted connection; its fd blocks. */
  export interface Accepted extends SocketAddress {
    fd: number;
  }

  export interface Datagram extends SocketAddress {
    data: Uint8Array<ArrayBuffer>;
  }

  /** A socket that the sandbox was given (--listen, LISTEN_FDS). */
  export interface Granted extends Partial<SocketAddress> {
    fd: number;
    /** The name it was given, or "". */
    name: string;
  }

  /** Bytes to send: strings are sent as UTF-8, lone surrogates as U+FFFD. */
  export type Data = string | ArrayBufferLike | ArrayBufferView;
  export type Buffer = ArrayBufferLike | ArrayBufferView;

  /** The sockets that the sandbox was given; they need no permission. */
  export const granted: Granted[];

  // ---- making, naming, connecting ----

  /** socket(2): a new socket. Defaults: AF_INET, SOCK_STREAM, 0. SOCK_NONBLOCK may be or'ed to the type. */
  export function socket(domain?: number, type?: number, protocol?: number): number;
  /** socketpair(2): two sockets connected to each other. Defaults: AF_UNIX, SOCK_STREAM. */
  export function socketpair(domain?: number, type?: number, protocol?: number): [number, number];
  /** bind(2): the local address. "" stands for all; a Unix address is a path or "@" and an abstract name. */
  export function bind(fd: number, address: string, port?: number): 0;
  /** listen(2): default backlog 128. */
  export function listen(fd: number, backlog?: number): 0;
  /** accept(2): null when the listener does not block and nobody waits, or SO_RCVTIMEO has passed. */
  export function accept(fd: number): Accepted | null;
  /** connect(2): to an IP address or a Unix path; names are for getaddrinfo. Code "EINPROGRESS" on a non-blocking socket. */
  export function connect(fd: number, address: string, port?: number): 0;
  /** close(2). */
  export function close(fd: number): 0;
  /** shutdown(2): SHUT_RD, SHUT_WR or SHUT_RDWR (the default). */
  export function shutdown(fd: number, how?: number): 0;
  /** getsockname(2): the local address. */
  export function getsockname(fd: number): SocketAddress;
  /** getpeername(2): the remote address. */
  export function getpeername(fd: number): SocketAddress;
  /** Whether the peer is there: neither the end of the stream nor an error is next. */
  export function is_connected(fd: number): boolean;

  // ---- moving bytes ----

  /** send(2): how many bytes the kernel took, which may be fewer than given. */
  export function send(fd: number, data: Data, flags?: number | null): number;
  /** The same for a part of a buffer; offset and length are bytes. */
  export function send(fd: number, data: Buffer, offset: number, length: number, flags: number): number;
  /** sendto(2): one datagram to an address. */
  export function sendto(fd: number, data: Data, flags: number | null | undefined, address: string, port?: number): number;
  /**
   * recv(2): text, decoded from UTF-8; "" is the end of the stream. The bytes of
   * a character that is not yet complete wait for the next call. At most size
   * bytes are received (default 65536, limit 16 MiB).
   */
  export function recv(fd: number, size?: number, flags?: number | null): string;
  /** recv(2): bytes; an empty array is the end of the stream. */
  export function recvBytes(fd: number, size?: number, flags?: number | null): Uint8Array<ArrayBuffer>;
  /** recv(2) into a buffer, without a copy: the number of bytes, 0 at the end of the stream. */
  export function recvInto(fd: number, buffer: Buffer, offset?: number, length?: number, flags?: number | null): number;
  /** recvfrom(2): one datagram and its sender. What does not fit into size is lost. */
  export function recvfrom(fd: number, size?: number, flags?: number | null): Datagram;

  // ---- options ----

  /**
   * setsockopt(2) with an integer. SO_RCVTIMEO and SO_SNDTIMEO are milliseconds
   * (0: none; then calls throw "EAGAIN"), SO_LINGER is seconds (negative: off),
   * TCP_KEEPIDLE and TCP_KEEPINTVL are seconds.
   */
  export function setsockopt(fd: number, level: number, option: number, value: number | boolean): 0;
  /** getsockopt(2), in the units of setsockopt. SO_ERROR is a number as in SocketError.errno, and clears it. */
  export function getsockopt(fd: number, level: number, option: number): number;
  /** fcntl(2): F_GETFL and F_SETFL, with O_NONBLOCK. */
  export function fcntl(fd: number, command: number, flags?: number): number;
  /** Whether calls return at once ("EAGAIN") instead of waiting; default true. */
  export function setnonblocking(fd: number, on?: boolean): 0;

  // ---- waiting ----

  export interface PollEntry {
    fd: number;
    /** POLLIN, POLLOUT, …; */
    events: number;
    /** Set by poll. */
    revents?: number;
  }

  /** poll(2): the entries that are ready. The timeout is milliseconds; negative or none waits for ever. */
  export function poll(entries: PollEntry[], timeout?: number): { fd: number; revents: number }[];
  /** epoll_create1(2): an fd for epoll_ctl, epoll_wait and close. */
  export function epoll_create1(flags?: number): number;
  /** epoll_ctl(2): EPOLL_CTL_ADD, MOD or DEL; events may have EPOLLET and EPOLLONESHOT. */
  export function epoll_ctl(epfd: number, op: number, fd: number, events?: number): 0;
  /** epoll_wait(2): at most max events (default 64). The timeout is as in poll. */
  export function epoll_wait(epfd: number, max?: number, timeout?: number): { fd: number; events: number }[];

  // ---- TLS ----

  /** A certificate and its private key in PEM form; intermediate certificates follow in cert. */
  export interface TlsIdentity {
    cert?: string | Buffer;
    key?: string | Buffer;
  }

  export interface TlsOptions extends TlsIdentity {
    /** The side of the one who waits for the other's hello. Default false: a client. */
    isServer?: boolean;
    /** More identities of a server, chosen by the name that the client asks for. */
    certs?: TlsIdentity[];
    /** The authorities to trust, in PEM form. Default of a client: the system's. */
    ca?: string | Buffer | (string | Buffer)[];
    /** The name, or address, that the server's certificate must have. */
    servername?: string;
    /**
     * false: a peer is taken whose certificate does not verify; tls_info tells.
     * Default true: the handshake fails with "ECERT".
     */
    rejectUnauthorized?: boolean;
    /** Of a server: ask clients for certificates, and refuse those without one unless rejectUnauthorized is false. */
    requestCert?: boolean;
    /** Protocols to agree on (RFC 7301), the best first. */
    alpn?: string[];
    /** Default "TLSv1.2". */
    minVersion?: 'TLSv1.2' | 'TLSv1.3';
    /** Default "TLSv1.3". */
    maxVersion?: 'TLSv1.2' | 'TLSv1.3';
    /** Milliseconds, at most 10 minutes. Default 10,000; then the error is "ETIMEDOUT". */
    handshakeTimeout?: number;
  }

  export interface TlsCertificate {
    /** Distinguished names: "CN=example.com,O=Example". */
    subject: string;
    issuer: string;
    /** What it is valid for: names, addresses, mail addresses, URIs. */
    names: string[];
    /** In hexadecimal. */
    serial: string;
    /** RFC 3339, for new Date(). */
    validFrom: string;
    validTo: string;
    /** SHA-256 of the certificate, in hexadecimal. */
    fingerprint256: string;
  }

  export interface TlsInfo {
    protocol: 'TLSv1.2' | 'TLSv1.3';
    /** "TLS_AES_128_GCM_SHA256" */
    cipher: string;
    /** The protocol agreed on. */
    alpn: string | null;
    /** The name that the client asked for. */
    servername: string | null;
    /** Whether it went on with a session of before. */
    resumed: boolean;
    /** Whether the peer's certificate was verified; false if it had none. */
    authorized: boolean;
    /** Why not, if there was one. */
    authorizationError: string | null;
    peer: TlsCertificate | null;
  }

  /** Checks options once for many connections, which can then resume each other's sessions. An fd, for tls_wrap and close. */
  export function tls_context(options: TlsOptions): number;
  /**
   * Secures a connected stream socket with TLS, in its place: the result is fd.
   * The handshake runs by itself; what is sent waits for it, and if it fails,
   * send and recv throw why. All else works as on any socket, but an epoll
   * instance that watched the socket must be told again. servername is that of
   * the options if left out. Codes of failures: "ECERT" (the peer's certificate
   * is not accepted), "EPROTO" (not TLS, nothing in common, an alert of the
   * peer), "ECONNRESET" (an end without goodbye), "ETIMEDOUT".
   */
  export function tls_wrap(fd: number, options: TlsOptions | number, servername?: string): number;
  /** Waits for the end of the handshake; throws why it failed. */
  export function tls_handshake(fd: number): 0;
  /** The session, or null while the handshake is under way. */
  export function tls_info(fd: number): TlsInfo | null;

  // ---- names and errors ----

  /** The first IPv4 address of a name. Needs the permission to resolve it. */
  export function gethostbyname(name: string): string;
  /** All addresses of a name; family is 4, 6, AF_INET, AF_INET6 or 0 for both. */
  export function getaddrinfo(name: string, options?: { family?: number }): string[];
  /** strerror(3) of the last failure, or "". */
  export function get_error(): string;

  // ---- HTTP ----

  /** Headers by lowercase name; only set-cookie is a list. */
  export interface HttpHeaders {
    [name: string]: string | string[];
  }

  export interface HttpHead {
    method: string;
    /** The request target as it was sent. */
    url: string;
    /** Without the query, not decoded. */
    path: string;
    /** Decoded; names that appear more than once have lists. */
    query: Record<string, any>;
    headers: HttpHeaders;
    /** "1.0" or "1.1". */
    httpVersion: string;
  }

  export interface HttpRequest<Body> extends HttpHead {
    complete: true;
    body: Body;
    /** Fields after a chunked body. */
    trailers?: HttpHeaders;
    keepAlive: boolean;
    upgrade: boolean;
    /** Where the next request begins. */
    bytesParsed: number;
  }

  export interface PartialHttpRequest extends Partial<HttpHead> {
    complete: false;
    /** What is not there yet. */
    needed: 'headers' | 'body';
    /** Bytes of the body that were announced, unless it is chunked. */
    contentLength?: number;
  }

  /** What parse_http_request throws. */
  export interface HttpError extends Error {
    /** llhttp's name of the mistake. */
    code: string;
    /** Where it is, in bytes. */
    position: number;
    /** The status to answer with: 400, 413, … */
    status: number;
  }

  /** Parses one HTTP/1.x request, which may be incomplete. Throws an HttpError. */
  export function parse_http_request(data: string): HttpRequest<string> | PartialHttpRequest;
  export function parse_http_request(data: Buffer): HttpRequest<Uint8Array<ArrayBuffer>> | PartialHttpRequest;

  // ---- constants: Linux' values on every system ----

  export const AF_UNSPEC: 0;
  export const AF_UNIX: 1;
  export const AF_INET: 2;
  export const AF_INET6: 10;

  export const SOCK_STREAM: 1;
  export const SOCK_DGRAM: 2;
  /** Needs --allow-raw. */
  export const SOCK_RAW: 3;
  export const SOCK_NONBLOCK: 0x800;
  export const SOCK_CLOEXEC: 0x80000;

  export const IPPROTO_IP: 0;
  export const IPPROTO_ICMP: 1;
  export const IPPROTO_TCP: 6;
  export const IPPROTO_UDP: 17;
  export const IPPROTO_IPV6: 41;
  export const IPPROTO_ICMPV6: 58;

  export const SOL_SOCKET: 1;
  export const SO_REUSEADDR: 2;
  export const SO_TYPE: 3;
  export const SO_ERROR: 4;
  export const SO_BROADCAST: 6;
  export const SO_SNDBUF: 7;
  export const SO_RCVBUF: 8;
  export const SO_KEEPALIVE: 9;
  export const SO_LINGER: 13;
  export const SO_REUSEPORT: 15;
  export const SO_RCVTIMEO: 20;
  export const SO_SNDTIMEO: 21;
  export const SO_ACCEPTCONN: 30;

  export const TCP_NODELAY: 1;
  export const TCP_KEEPIDLE: 4;
  export const TCP_KEEPINTVL: 5;
  export const TCP_KEEPCNT: 6;
  export const IPV6_V6ONLY: 26;

  export const SHUT_RD: 0;
  export const SHUT_WR: 1;
  export const SHUT_RDWR: 2;

  export const MSG_PEEK: 2;
  export const MSG_DONTWAIT: 0x40;
  export const MSG_WAITALL: 0x100;
  /** Always on. */
  export const MSG_NOSIGNAL: 0x4000;

  export const F_GETFL: 3;
  export const F_SETFL: 4;
  export const O_NONBLOCK: 0x800;

  export const POLLIN: 1;
  export const POLLPRI: 2;
  export const POLLOUT: 4;
  export const POLLERR: 8;
  export const POLLHUP: 16;
  export const POLLNVAL: 32;
  export const POLLRDHUP: 0x2000;

  export const EPOLLIN: 1;
  export const EPOLLPRI: 2;
  export const EPOLLOUT: 4;
  export const EPOLLERR: 8;
  export const EPOLLHUP: 16;
  export const EPOLLRDHUP: 0x2000;
  export const EPOLLONESHOT: 0x40000000;
  export const EPOLLET: 0x80000000;
  export const EPOLL_CTL_ADD: 1;
  export const EPOLL_CTL_DEL: 2;
  export const EPOLL_CTL_MOD: 3;

  export const SOMAXCONN: 4096;

  const sockets: Omit<typeof import('wqjs:sockets'), 'default'>;
  export default sockets;
}

/** The native module's file name, in whatever folder, means wqjs:sockets. */
declare module '*network_sockets.so' {
  import sockets from 'wqjs:sockets';
  export * from 'wqjs:sockets';
  export default sockets;
}
