/**
 * wqjs:express, also "express": a web framework with the interface of Express 5
 * (and that of the native C module's express.js) over wqjs:http.
 *
 * What is the same as in Express and what is not: docs/express.md. Sizes are
 * bytes or text like "100kb", times milliseconds or text like "15m".
 */
declare module 'wqjs:express' {
  import type { IncomingMessage, ServerResponse, Server, ServerOptions, ListenOptions } from 'wqjs:http';
  import type { ServerOptions as SocketOptions, ServerSocket } from 'wqjs:ws';

  export type Size = number | string;
  export type Time = number | string;
  /** In the syntax of path-to-regexp 8: "/users/:id", "/files/*path", "/a{/:b}". */
  export type Path = string | RegExp | readonly Path[];
  export type NextFunction = (error?: unknown) => void;
  /** A promise that it returns is followed: what it rejects with goes to next(). */
  export type RequestHandler = (req: Request, res: Response, next: NextFunction) => unknown;
  /** Takes errors, because it has four parameters. */
  export type ErrorRequestHandler = (error: any, req: Request, res: Response, next: NextFunction) => unknown;
  export type Handler = RequestHandler | ErrorRequestHandler;
  export type Handlers = Handler | readonly Handlers[];
  export type ParamHandler = (req: Request, res: Response, next: NextFunction, value: any, name: string) => unknown;

  // ---- requests ----

  export interface Range {
    start: number;
    /** Included. */
    end: number;
  }

  export interface RangeOptions {
    /** Join overlapping and neighbouring ranges. */
    combine?: boolean;
  }

  export interface Request extends Omit<IncomingMessage, 'query' | 'path' | 'res' | 'body'> {
    readonly app: Application;
    readonly res: Response;
    /** Where the router that handles it is mounted. */
    baseUrl: string;
    /** What a body parser made of the body; see docs/express.md for what it is without one. */
    body: any;
    /** Cookies that are not signed. A value that begins with "j:" is parsed as JSON. */
    cookies: Record<string, any>;
    /** Signed cookies; false for a forged one. */
    signedCookies: Record<string, any>;
    secret: string | undefined;
    readonly fresh: boolean;
    readonly stale: boolean;
    /** Host with its port; X-Forwarded-Host behind a trusted proxy. */
    readonly host: string | undefined;
    readonly hostname: string | undefined;
    readonly ip: string;
    readonly ips: string[];
    originalUrl: string;
    /** Decoded; of a wildcard an array of segments. */
    params: Record<string, any>;
    readonly path: string;
    readonly protocol: string;
    readonly secure: boolean;
    query: any;
    route: Route | undefined;
    readonly subdomains: string[];
    readonly xhr: boolean;
    readonly socket: { remoteAddress: string; remotePort: number; localAddress: string; localPort: number; encrypted: boolean };
    readonly connection: Request['socket'];
    readonly clientInfo: { address: string; port: number };
    next: NextFunction | undefined;
    /** Of requestId(). */
    id?: string;
    /** Of basicAuth(). */
    user?: string;
    /** Of timeout(). */
    timedout?: boolean;
    /** Of multipart(). */
    files?: UploadedFile[];

    get(name: string): any;
    header(name: string): any;
    accepts(): string[];
    accepts(...types: (string | string[])[]): string | false;
    acceptsCharsets(): string[];
    acceptsCharsets(...charsets: (string | string[])[]): string | false;
    acceptsEncodings(): string[];
    acceptsEncodings(...encodings: (string | string[])[]): string | false;
    acceptsLanguages(): string[];
    acceptsLanguages(...languages: (string | string[])[]): string | false;
    /** The type that the body has, false for none of them, null without a body. */
    is(...types: (string | string[])[]): string | false | null;
    /** -1: cannot be satisfied, -2: malformed, undefined: no such header. */
    range(size: number, options?: RangeOptions): (Range[] & { type: string }) | -1 | -2 | undefined;
    /** The parts of a multipart/form-data body as they come. */
    parts(options?: MultipartOptions): AsyncGenerator<Part, void, void>;
    [name: string]: any;
  }

  // ---- responses ----

  export interface CookieOptions {
    domain?: string;
    encode?(value: string): string;
    expires?: Date;
    httpOnly?: boolean;
    /** Milliseconds. */
    maxAge?: number | null;
    partitioned?: boolean;
    /** Default "/". */
    path?: string;
    priority?: 'low' | 'medium' | 'high';
    sameSite?: boolean | 'strict' | 'lax' | 'none';
    secure?: boolean;
    /** With the setting "cookie secret". */
    signed?: boolean;
  }

  export interface SendFileOptions {
    acceptRanges?: boolean;
    cacheControl?: boolean;
    dotfiles?: 'allow' | 'deny' | 'ignore';
    etag?: boolean;
    headers?: Record<string, string>;
    immutable?: boolean;
    lastModified?: boolean;
    maxAge?: Time;
    /** Serve file.br or file.gz, where there is one and the client takes it. */
    precompressed?: boolean | ('br' | 'gzip')[];
    root?: string;
    setHeaders?(res: Response, path: string, stat: import('os').Stat): void;
  }

  export interface Response extends ServerResponse {
    readonly app: Application;
    readonly req: Request & IncomingMessage;
    locals: Record<string, any>;
    /** headersSent. */
    readonly sent: boolean;

    append(name: string, value: string | string[]): this;
    attachment(filename?: string): this;
    clearCookie(name: string, options?: CookieOptions): this;
    cookie(name: string, value: unknown, options?: CookieOptions): this;
    contentType(type: string): this;
    /** Prints status and headers. */
    debug(): this;
    download(path: string, callback?: (error?: any) => void): void;
    download(path: string, filename: string, callback?: (error?: any) => void): void;
    download(path: string, filename: string | undefined, options: SendFileOptions, callback?: (error?: any) => void): void;
    download(path: string, options: SendFileOptions, callback?: (error?: any) => void): void;
    format(handlers: Record<string, (req: Request, res: Response, next: NextFunction) => unknown>): this;
    get(name: string): string | string[] | undefined;
    header(name: string, value: unknown): this;
    header(headers: Record<string, unknown>): this;
    html(text: string): this;
    json(value: unknown, status?: number): this;
    jsonp(value: unknown): this;
    links(links: Record<string, string | string[]>): this;
    location(url: string): this;
    redirect(url: string, permanent?: boolean): this;
    redirect(status: number, url: string): this;
    send(body?: unknown): this;
    sendFile(path: string, callback?: (error?: any) => void): void;
    sendFile(path: string, options: SendFileOptions, callback?: (error?: any) => void): void;
    sendStatus(status: number): this;
    set(name: string, value: unknown): this;
    set(headers: Record<string, unknown>): this;
    setCache(seconds?: number): this;
    setCors(origin?: string): this;
    setNoCache(): this;
    /** Starts server-sent events. */
    sse(options?: EventStreamOptions): EventStream;
    status(code: number): this;
    /** Sends what is yielded, at the client's pace, and ends. */
    stream(chunks: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>): Promise<this>;
    text(text: string): this;
    type(type: string): this;
    vary(field: string | string[]): this;
    [name: string]: any;
  }

  // ---- routing ----

  export interface Route {
    path: Path;
    all(...handlers: Handlers[]): this;
    get(...handlers: Handlers[]): this;
    head(...handlers: Handlers[]): this;
    post(...handlers: Handlers[]): this;
    put(...handlers: Handlers[]): this;
    patch(...handlers: Handlers[]): this;
    delete(...handlers: Handlers[]): this;
    options(...handlers: Handlers[]): this;
    [method: string]: any;
  }

  export interface RouterOptions {
    caseSensitive?: boolean;
    /** Keep the parameters of the path it is mounted at. */
    mergeParams?: boolean;
    /** "/a/" is not "/a". */
    strict?: boolean;
  }

  interface Routes {
    all(path: Path, ...handlers: Handlers[]): this;
    use(...handlers: Handlers[]): this;
    use(path: Path, ...handlers: Handlers[]): this;
    route(path: Path): Route;
    head(path: Path, ...handlers: Handlers[]): this;
    post(path: Path, ...handlers: Handlers[]): this;
    put(path: Path, ...handlers: Handlers[]): this;
    patch(path: Path, ...handlers: Handlers[]): this;
    delete(path: Path, ...handlers: Handlers[]): this;
    options(path: Path, ...handlers: Handlers[]): this;
    /** Every other method, in lower case. */
    [method: string]: any;
  }

  export interface Router extends Routes {
    (req: Request, res: Response, next: NextFunction): void;
    get(path: Path, ...handlers: Handlers[]): this;
    param(name: string, handler: ParamHandler): this;
  }

  export const Router: { (options?: RouterOptions): Router; new (options?: RouterOptions): Router };
  export const Route: new (path: Path) => Route;

  // ---- applications ----

  export interface Settings {
    /** Parse JSON, forms and text for handlers of routes without a body parser (default true). */
    'body parser': boolean;
    'case sensitive routing': boolean;
    /** Signs cookies: the first; all are accepted. */
    'cookie secret': string | string[];
    /** "production" hides errors; "test" prints none. From NODE_ENV, else "development". */
    env: string;
    etag: boolean | 'weak' | 'strong' | ((body: Uint8Array) => string | undefined);
    'json escape': boolean;
    'json replacer': ((key: string, value: any) => any) | (string | number)[] | null;
    'json spaces': number | string;
    'jsonp callback name': string;
    'query parser': boolean | 'simple' | 'extended' | ((text: string) => any);
    'strict routing': boolean;
    'subdomain offset': number;
    'trust proxy': boolean | number | string | string[] | ((address: string, hop: number) => boolean);
    /** Sends X-Powered-By: wqjs (default false). */
    'x-powered-by': boolean;
  }

  export interface RequestInit {
    method?: string;
    headers?: Record<string, string | string[]> | Iterable<[string, string]>;
    /** Anything but text, bytes and URLSearchParams is sent as JSON. */
    body?: unknown;
  }

  export interface InjectedResponse {
    status: number;
    statusText: string;
    readonly ok: boolean;
    headers: Record<string, any> & { get(name: string): string | null; has(name: string): boolean; getSetCookie(): string[] };
    text(): Promise<string>;
    json(): Promise<any>;
    bytes(): Promise<Uint8Array>;
  }

  export interface Application extends Routes {
    (req: IncomingMessage, res: ServerResponse, next?: NextFunction): void;
    /** A setting. */
    get<K extends keyof Settings>(name: K): Settings[K];
    get(name: string): any;
    get(path: Path, handler: Handlers, ...handlers: Handlers[]): this;
    set<K extends keyof Settings>(name: K, value: Settings[K]): this;
    set(name: string, value: unknown): this;
    enable(name: string): this;
    disable(name: string): this;
    enabled(name: string): boolean;
    disabled(name: string): boolean;
    param(name: string | string[], handler: ParamHandler): this;
    /** Gives the server. What fails is given to the callback, or thrown without one. */
    listen(port?: number | string, host?: string, callback?: (error?: any) => void): Server;
    /** A path, as '/run/app.sock', './app.sock' or '@abstract', makes it a Unix socket (--allow-unix). Its file is
     * removed when the server closes, if the program may write there (--allow-write). */
    listen(portOrPath: number | string, callback?: (error?: any) => void): Server;
    listen(options: ListenOptions & ServerOptions, callback?: (error?: any) => void): Server;
    /**
     * WebSockets under a path, whose parameters are in req.params; the routes
     * are those of the application that listens, at the time when it does. No
     * middleware runs before: options.verify decides. What the handler throws
     * closes the connection with 1011.
     */
    ws(path: Path, handler: (ws: ServerSocket, req: Request) => unknown): this;
    ws(path: Path, options: Omit<SocketOptions, 'server' | 'path'>, handler: (ws: ServerSocket, req: Request) => unknown): this;
    /** A server that does not listen yet. */
    createServer(options?: ServerOptions): Server;
    /** The path of the application. */
    path(): string;
    mountpath: Path;
    parent: Application | undefined;
    locals: Record<string, any>;
    settings: Record<string, any>;
    readonly router: Router;
    on(event: 'mount', listener: (parent: Application) => void): this;
    on(event: string, listener: (...args: any[]) => void): this;
    once(event: string, listener: (...args: any[]) => void): this;
    off(event: string, listener: (...args: any[]) => void): this;
    emit(event: string, ...args: any[]): boolean;
    /** The prototype of requests; called, it makes a request without a port. */
    request: ((url: string, init?: RequestInit) => Promise<InjectedResponse>) & Record<string, any>;
    /** The prototype of responses. */
    response: Record<string, any>;
  }

  // ---- bodies ----

  export interface BodyOptions {
    /** Decode Content-Encoding (default true). */
    inflate?: boolean;
    /** Of the decoded body (default "100kb"). */
    limit?: Size;
    type?: string | string[] | ((req: Request) => boolean);
    /** What it throws is answered with 403. */
    verify?(req: Request, res: Response, body: Uint8Array, encoding: string | null): void;
  }

  export function json(options?: BodyOptions & {
    reviver?(key: string, value: any): any;
    /** Objects and arrays only (default true). */
    strict?: boolean;
  }): RequestHandler;
  export function urlencoded(options?: BodyOptions & {
    /** Nested objects (default false). */
    extended?: boolean;
    /** Default 1000. */
    parameterLimit?: number;
    /** Of extended (default 32). */
    depth?: number;
    defaultCharset?: string;
  }): RequestHandler;
  export function text(options?: BodyOptions & { defaultCharset?: string }): RequestHandler;
  export function raw(options?: BodyOptions): RequestHandler;

  export interface MultipartOptions {
    limits?: {
      /** Default 1000. */
      parts?: number;
      /** Default 100; of the middleware 10. */
      files?: number;
      /** Default 1 MiB. */
      fieldSize?: number;
      /** Default 64 MiB; of the middleware 1 MiB. */
      fileSize?: number;
      /** Default 16 KiB. */
      headerSize?: number;
    };
  }

  export interface Part extends AsyncIterable<Uint8Array> {
    name: string;
    /** Without folders; undefined for a field. */
    filename: string | undefined;
    type: string;
    headers: Record<string, string>;
    readonly isFile: boolean;
    bytes(): Promise<Uint8Array>;
    text(): Promise<string>;
    json(): Promise<any>;
  }

  export interface UploadedFile {
    name: string;
    filename: string;
    type: string;
    bytes: Uint8Array;
  }

  /** Reads multipart bodies into req.body and req.files. For large files use req.parts(). */
  export function multipart(options?: MultipartOptions): RequestHandler;

  // ---- middleware ----

  export interface StaticOptions extends SendFileOptions {
    /** Tried in turn when there is no such file. */
    extensions?: string | string[] | false;
    /** Pass on what is not there (default true), or fail with 404. */
    fallthrough?: boolean;
    index?: string | string[] | boolean;
    /** To the path with "/" at the end for folders (default true). */
    redirect?: boolean;
  }

  function serveStatic(root: string, options?: StaticOptions): RequestHandler;
  export { serveStatic as static };

  /** Sets req.secret; cookies are parsed without it. */
  export function cookieParser(secret?: string | string[]): RequestHandler;

  export function compression(options?: {
    /** Default: all that the host has, "br" first. */
    encodings?: string[];
    /** 1 to 9. */
    level?: number;
    /** Smaller bodies are sent as they are (default 1 KiB). */
    threshold?: Size;
    filter?(req: Request, res: Response): boolean;
  }): RequestHandler;

  export type Origin = string | RegExp | boolean | Origin[];
  export function cors(options?: {
    /** Default "*". */
    origin?: Origin | ((origin: string | undefined, req: Request) => Origin | Promise<Origin>);
    methods?: string | string[];
    /** Default: those asked for. */
    allowedHeaders?: string | string[];
    exposedHeaders?: string | string[];
    credentials?: boolean;
    /** Seconds. */
    maxAge?: number;
    preflightContinue?: boolean;
    /** Default 204. */
    optionsSuccessStatus?: number;
  }): RequestHandler;

  export type SecurityHeader =
    | 'crossOriginEmbedderPolicy' | 'crossOriginOpenerPolicy' | 'crossOriginResourcePolicy' | 'originAgentCluster'
    | 'permissionsPolicy' | 'referrerPolicy' | 'strictTransportSecurity' | 'contentTypeOptions' | 'dnsPrefetchControl'
    | 'frameOptions' | 'permittedCrossDomainPolicies' | 'xssProtection';
  /** false leaves a header out. */
  export function securityHeaders(options?: { [name in SecurityHeader]?: string | boolean } & {
    contentSecurityPolicy?: string | boolean | Record<string, string | string[] | boolean>;
  }): RequestHandler;

  export function rateLimit(options?: {
    /** Requests in one window (default 100). */
    limit?: number;
    /** Default one minute. */
    window?: Time;
    /** Who counts as one; default the address. */
    key?(req: Request): unknown;
    /** Default 10,000; the oldest are forgotten. */
    maxKeys?: number;
    skip?(req: Request): boolean;
    headers?: boolean;
    /** Default: an error of status 429. */
    handler?: RequestHandler;
  }): RequestHandler;

  /** Gives req.id and a response header. */
  export function requestId(options?: {
    /** Default "X-Request-Id". */
    header?: string;
    /** Default: a random UUID. */
    generate?(req: Request): string;
    /** Take the client's. */
    trust?: boolean;
  }): RequestHandler;

  /** Fails with 503 what is not answered in time. */
  export function timeout(time: Time, options?: { status?: number }): RequestHandler;

  export function basicAuth(options: {
    /** Passwords by name. */
    users?: Record<string, string>;
    check?(name: string, password: string, req: Request): boolean | Promise<boolean>;
    realm?: string;
  }): RequestHandler;

  export function health(options?: {
    /** Default "/health". */
    path?: string;
    /** They throw, or reject, when something is wrong. */
    checks?: Record<string, (req: Request) => unknown>;
    /** Of each check (default 5 s). */
    timeout?: Time;
    /** Tell the errors' messages. */
    details?: boolean;
  }): RequestHandler;

  export interface LogEntry {
    time: string;
    address: string;
    user?: string;
    method: string;
    url: string;
    httpVersion: string;
    /** null when nothing was sent. */
    status: number | null;
    /** Bytes of the body, before compression by middleware added later; undefined for files. */
    length?: number;
    ms: number;
    /** The client went away. */
    aborted?: true;
    referrer?: string;
    userAgent?: string;
    id?: string;
  }

  export type LogFormat = 'tiny' | 'common' | 'combined' | 'json' | ((entry: LogEntry) => string);
  export function logger(options?: LogFormat | {
    format?: LogFormat;
    /** Default console.log. */
    write?(line: string): void;
    skip?(req: Request, res: Response): boolean;
  }): RequestHandler;

  export interface EventStreamOptions {
    /** Milliseconds between comments that keep the connection (default 15,000; 0: none). */
    heartbeat?: number;
    /** How long clients wait before they connect again. */
    retry?: number;
    /** A client that lags so many bytes behind is let go (default 1 MiB). */
    maxQueued?: number;
  }

  export interface EventStream {
    readonly lastEventId: string;
    readonly closed: Promise<void>;
    readonly isOpen: boolean;
    /** false when the client is gone; a promise when it has to catch up. */
    send(data: unknown, options?: { event?: string; id?: string | number; retry?: number }): boolean | Promise<void>;
    comment(text: string): boolean | Promise<void>;
    close(): void;
  }

  /** A handler that starts server-sent events. */
  export function sse(handler: (events: EventStream, req: Request, res: Response) => unknown, options?: EventStreamOptions): RequestHandler;

  export interface HttpError extends Error {
    status: number;
    statusCode: number;
    /** Whether the message is for the client. */
    expose: boolean;
    [name: string]: any;
  }

  /** An error for next() or throw. */
  export function httpError(status: number, message?: string, properties?: object): HttpError;

  /** The prototypes of all applications, requests and responses. */
  export const application: Record<string, any>;
  export const request: Record<string, any>;
  export const response: Record<string, any>;

  interface Express {
    (): Application;
    application: typeof application;
    request: typeof request;
    response: typeof response;
    Router: typeof Router;
    Route: typeof Route;
    static: typeof serveStatic;
    json: typeof json;
    urlencoded: typeof urlencoded;
    text: typeof text;
    raw: typeof raw;
    multipart: typeof multipart;
    cookieParser: typeof cookieParser;
    compression: typeof compression;
    cors: typeof cors;
    securityHeaders: typeof securityHeaders;
    rateLimit: typeof rateLimit;
    requestId: typeof requestId;
    timeout: typeof timeout;
    basicAuth: typeof basicAuth;
    health: typeof health;
    logger: typeof logger;
    sse: typeof sse;
    httpError: typeof httpError;
  }

  export const express: Express;
  export default express;
}

declare module 'express' {
  export * from 'wqjs:express';
  export { default } from 'wqjs:express';
}
