/**
 * The web-standard globals of wqjs. Compile with `"lib": ["es2024"]` and
 * without the DOM's types.
 */

/** The arguments of the script; the first is its name. */
declare var scriptArgs: string[];

/** Writes String() of each argument, separated by spaces, and a newline to standard output. */
declare function print(...values: unknown[]): void;

// Console

interface InspectOptions {
  /** Levels of nested objects to show; null for all. Default 2. */
  depth?: number | null;
  colors?: boolean;
  /** Also properties that are not enumerable. */
  showHidden?: boolean;
  /** Proxies as such instead of their targets. */
  showProxy?: boolean;
  /** Whether methods with the key Symbol.for('nodejs.util.inspect.custom') are called. Default true. */
  customInspect?: boolean;
  /** Elements of arrays, typed arrays, Maps and Sets; null for all. Default 100. */
  maxArrayLength?: number | null;
  /** Characters of strings; null for all. Default 10000. */
  maxStringLength?: number | null;
  /** Columns of a line. Default 80. */
  breakLength?: number;
  /** How many inner levels may share a line with their object; false for none. Default 3. */
  compact?: boolean | number;
  sorted?: boolean | ((a: string, b: string) => number);
}

interface Console {
  assert(condition?: unknown, ...data: unknown[]): void;
  clear(): void;
  count(label?: string): void;
  countReset(label?: string): void;
  debug(...data: unknown[]): void;
  dir(item?: unknown, options?: InspectOptions | null): void;
  dirxml(...data: unknown[]): void;
  error(...data: unknown[]): void;
  group(...data: unknown[]): void;
  groupCollapsed(...data: unknown[]): void;
  groupEnd(): void;
  info(...data: unknown[]): void;
  log(...data: unknown[]): void;
  table(data?: unknown, columns?: readonly string[]): void;
  time(label?: string): void;
  timeEnd(label?: string): void;
  timeLog(label?: string, ...data: unknown[]): void;
  trace(...data: unknown[]): void;
  warn(...data: unknown[]): void;
}

declare var console: Console;

// Timers

declare function setTimeout<A extends unknown[]>(callback: (...args: A) => void, delay?: number, ...args: A): number;
declare function setInterval<A extends unknown[]>(callback: (...args: A) => void, delay?: number, ...args: A): number;
declare function setImmediate<A extends unknown[]>(callback: (...args: A) => void, ...args: A): number;
declare function clearTimeout(handle?: number | null): void;
declare function clearInterval(handle?: number | null): void;
declare function clearImmediate(handle?: number | null): void;
declare function queueMicrotask(callback: () => void): void;

interface Performance {
  /** The Unix time of the start in milliseconds. */
  readonly timeOrigin: number;
  /** Milliseconds since the start. */
  now(): number;
  toJSON(): { timeOrigin: number };
}

declare var performance: Performance;

/** The random part of the Web Crypto API. */
interface Crypto {
  /** Fills a typed array of integers of up to 65,536 bytes, which it returns. */
  getRandomValues<
    T extends Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array,
  >(array: T): T;
  /** A random UUID (RFC 9562, version 4). */
  randomUUID(): `${string}-${string}-${string}-${string}-${string}`;
}

declare var crypto: Crypto;

// Base64

declare function atob(data: string): string;
declare function btoa(data: string): string;

// Encoding

type BufferSource = ArrayBufferLike | ArrayBufferView;

interface TextDecoderOptions {
  fatal?: boolean;
  ignoreBOM?: boolean;
}

interface TextDecoder {
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: BufferSource, options?: { stream?: boolean }): string;
}

declare var TextDecoder: {
  prototype: TextDecoder;
  /** UTF-8, UTF-16LE, UTF-16BE and windows-1252 (also for latin1 and ascii), by any of their labels. */
  new (label?: string, options?: TextDecoderOptions): TextDecoder;
};

interface TextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}

declare var TextEncoder: {
  prototype: TextEncoder;
  new (): TextEncoder;
};

// URL

interface URL {
  href: string;
  readonly origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  readonly searchParams: URLSearchParams;
  hash: string;
  toString(): string;
  toJSON(): string;
}

declare var URL: {
  prototype: URL;
  new (url: string | URL, base?: string | URL): URL;
  canParse(url: string | URL, base?: string | URL): boolean;
  parse(url: string | URL, base?: string | URL): URL | null;
};

interface URLSearchParams {
  readonly size: number;
  append(name: string, value: string): void;
  delete(name: string, value?: string): void;
  get(name: string): string | null;
  getAll(name: string): string[];
  has(name: string, value?: string): boolean;
  set(name: string, value: string): void;
  sort(): void;
  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, thisArg?: unknown): void;
  entries(): IteratorObject<[string, string], undefined, unknown>;
  keys(): IteratorObject<string, undefined, unknown>;
  values(): IteratorObject<string, undefined, unknown>;
  [Symbol.iterator](): IteratorObject<[string, string], undefined, unknown>;
  toString(): string;
}

declare var URLSearchParams: {
  prototype: URLSearchParams;
  new (init?: Iterable<Iterable<string>> | Record<string, string> | URLSearchParams | string): URLSearchParams;
};

// Structured clone

interface StructuredSerializeOptions {
  /** ArrayBuffers to move instead of copying. */
  transfer?: Iterable<ArrayBuffer>;
}

declare function structuredClone<T>(value: T, options?: StructuredSerializeOptions): T;

interface DOMException extends Error {
  readonly name: string;
  readonly message: string;
  readonly code: number;
}

declare var DOMException: {
  prototype: DOMException;
  new (message?: string, name?: string): DOMException;
  readonly INDEX_SIZE_ERR: 1;
  readonly HIERARCHY_REQUEST_ERR: 3;
  readonly WRONG_DOCUMENT_ERR: 4;
  readonly INVALID_CHARACTER_ERR: 5;
  readonly NO_MODIFICATION_ALLOWED_ERR: 7;
  readonly NOT_FOUND_ERR: 8;
  readonly NOT_SUPPORTED_ERR: 9;
  readonly INVALID_STATE_ERR: 11;
  readonly SYNTAX_ERR: 12;
  readonly INVALID_MODIFICATION_ERR: 13;
  readonly INVALID_ACCESS_ERR: 15;
  readonly TYPE_MISMATCH_ERR: 17;
  readonly SECURITY_ERR: 18;
  readonly NETWORK_ERR: 19;
  readonly ABORT_ERR: 20;
  readonly URL_MISMATCH_ERR: 21;
  readonly QUOTA_EXCEEDED_ERR: 22;
  readonly TIMEOUT_ERR: 23;
  readonly INVALID_NODE_TYPE_ERR: 24;
  readonly DATA_CLONE_ERR: 25;
};

// Events

interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}

interface Event {
  readonly type: string;
  readonly target: EventTarget | null;
  readonly currentTarget: EventTarget | null;
  readonly eventPhase: number;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  readonly defaultPrevented: boolean;
  readonly isTrusted: boolean;
  readonly timeStamp: number;
  /** @deprecated Use target. */
  readonly srcElement: EventTarget | null;
  /** @deprecated Use preventDefault. */
  returnValue: boolean;
  /** @deprecated Use stopPropagation. */
  cancelBubble: boolean;
  composedPath(): EventTarget[];
  stopPropagation(): void;
  stopImmediatePropagation(): void;
  preventDefault(): void;
  /** @deprecated Use the constructor. */
  initEvent(type: string, bubbles?: boolean, cancelable?: boolean): void;
  readonly NONE: 0;
  readonly CAPTURING_PHASE: 1;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
}

declare var Event: {
  prototype: Event;
  new (type: string, init?: EventInit): Event;
  readonly NONE: 0;
  readonly CAPTURING_PHASE: 1;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
};

interface CustomEventInit<T = unknown> extends EventInit {
  detail?: T;
}

interface CustomEvent<T = any> extends Event {
  readonly detail: T;
  /** @deprecated Use the constructor. */
  initCustomEvent(type: string, bubbles?: boolean, cancelable?: boolean, detail?: T): void;
}

declare var CustomEvent: {
  prototype: CustomEvent;
  new <T>(type: string, init?: CustomEventInit<T>): CustomEvent<T>;
};

interface EventListenerObject<E extends Event = Event> {
  handleEvent(event: E): void;
}

type EventListenerOrObject<E extends Event = Event> = ((event: E) => void) | EventListenerObject<E>;

interface EventListenerOptions {
  capture?: boolean;
}

interface AddEventListenerOptions extends EventListenerOptions {
  once?: boolean;
  passive?: boolean;
  /** Takes the listener away when it aborts. */
  signal?: AbortSignal;
}

interface EventTarget {
  addEventListener<E extends Event = Event>(
    type: string,
    listener: EventListenerOrObject<E> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<E extends Event = Event>(
    type: string,
    listener: EventListenerOrObject<E> | null,
    options?: boolean | EventListenerOptions,
  ): void;
  dispatchEvent(event: Event): boolean;
}

declare var EventTarget: {
  prototype: EventTarget;
  new (): EventTarget;
};

// Aborting

interface AbortSignal extends EventTarget {
  readonly aborted: boolean;
  readonly reason: any;
  onabort: ((this: AbortSignal, event: Event) => unknown) | null;
  throwIfAborted(): void;
}

declare var AbortSignal: {
  prototype: AbortSignal;
  abort(reason?: unknown): AbortSignal;
  any(signals: Iterable<AbortSignal>): AbortSignal;
  /** Aborts after so many milliseconds; does not keep the program running. */
  timeout(milliseconds: number): AbortSignal;
};

interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare var AbortController: {
  prototype: AbortController;
  new (): AbortController;
};

// ---- fetch, of which there are the messages ----

type BlobPart = string | ArrayBuffer | ArrayBufferView | Blob;
interface BlobOptions {
  type?: string;
  endings?: 'transparent' | 'native';
}
/** There are no streams and no object URLs. */
interface Blob {
  readonly size: number;
  readonly type: string;
  slice(start?: number, end?: number, type?: string): Blob;
  bytes(): Promise<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
  text(): Promise<string>;
}
declare var Blob: { prototype: Blob; new (parts?: Iterable<BlobPart>, options?: BlobOptions): Blob };

interface File extends Blob {
  readonly name: string;
  readonly lastModified: number;
}
declare var File: {
  prototype: File;
  new (parts: Iterable<BlobPart>, name: string, options?: BlobOptions & { lastModified?: number }): File;
};

type FormDataValue = string | File;
interface FormData extends Iterable<[string, FormDataValue]> {
  append(name: string, value: string): void;
  append(name: string, value: Blob, filename?: string): void;
  set(name: string, value: string): void;
  set(name: string, value: Blob, filename?: string): void;
  get(name: string): FormDataValue | null;
  getAll(name: string): FormDataValue[];
  has(name: string): boolean;
  delete(name: string): void;
  forEach(callback: (value: FormDataValue, name: string, form: FormData) => void, thisArg?: unknown): void;
  entries(): IterableIterator<[string, FormDataValue]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<FormDataValue>;
}
declare var FormData: { prototype: FormData; new (): FormData };

/** What a form may have when it is read into memory. */
interface FormDataOptions {
  limits?: {
    /** Parts in all (default 1000). */
    parts?: number;
    /** Parts with a file name (default 100). */
    files?: number;
    /** Bytes of a part without one, or of a urlencoded body (default 1 MiB). */
    fieldSize?: number;
    /** Bytes of a file (default 64 MiB). */
    fileSize?: number;
    /** Bytes of a part's headers (default 16 KiB). */
    headerSize?: number;
  };
}

/** What a body may be made of: async iterables give bytes and text. */
type BodyInit = string | ArrayBuffer | ArrayBufferView | URLSearchParams | FormData | Blob | AsyncIterable<Uint8Array | string> | null;
type HeadersInit = Headers | Iterable<readonly [string, string]> | Record<string, string | string[]>;

interface Headers extends Iterable<[string, string]> {
  append(name: string, value: string): void;
  set(name: string, value: string): void;
  get(name: string): string | null;
  getSetCookie(): string[];
  has(name: string): boolean;
  delete(name: string): void;
  forEach(callback: (value: string, name: string, headers: Headers) => void, thisArg?: unknown): void;
  entries(): IterableIterator<[string, string]>;
  keys(): IterableIterator<string>;
  values(): IterableIterator<string>;
}
declare var Headers: { prototype: Headers; new (init?: HeadersInit): Headers };

interface Body {
  /** To be read once; there is no ReadableStream. */
  readonly body: AsyncIterable<Uint8Array | string> | null;
  readonly bodyUsed: boolean;
  bytes(): Promise<Uint8Array>;
  arrayBuffer(): Promise<ArrayBuffer>;
  text(): Promise<string>;
  json(): Promise<any>;
  blob(): Promise<Blob>;
  /** A body of multipart/form-data or application/x-www-form-urlencoded; what is beyond a limit is an error of status 413. */
  formData(options?: FormDataOptions): Promise<FormData>;
}

interface RequestInit {
  method?: string;
  headers?: HeadersInit;
  body?: BodyInit;
  signal?: AbortSignal;
}
interface Request extends Body {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** In a server: aborts when the peer goes away. */
  readonly signal: AbortSignal;
}
declare var Request: { prototype: Request; new (input: string | URL | Request, init?: RequestInit): Request };

interface ResponseInit {
  status?: number;
  statusText?: string;
  headers?: HeadersInit;
}
interface Response extends Body {
  readonly status: number;
  readonly statusText: string;
  readonly ok: boolean;
  readonly headers: Headers;
}
declare var Response: {
  prototype: Response;
  new (body?: BodyInit, init?: ResponseInit): Response;
  json(value: unknown, init?: ResponseInit): Response;
  redirect(url: string | URL, status?: number): Response;
};

interface ImportMeta {
  /** The file URL of the module. */
  url: string;
  /** Its path, and that of its folder; undefined for library modules. */
  filename: string;
  dirname: string;
  /** Whether it is the entry script. */
  main: boolean;
}

// WebSocket

interface MessageEventInit extends EventInit {
  data?: any;
  origin?: string;
  lastEventId?: string;
}
interface MessageEvent extends Event {
  readonly data: any;
  readonly origin: string;
  readonly lastEventId: string;
}
declare var MessageEvent: { prototype: MessageEvent; new (type: string, init?: MessageEventInit): MessageEvent };

interface CloseEventInit extends EventInit {
  wasClean?: boolean;
  code?: number;
  reason?: string;
}
interface CloseEvent extends Event {
  readonly wasClean: boolean;
  readonly code: number;
  readonly reason: string;
}
declare var CloseEvent: { prototype: CloseEvent; new (type: string, init?: CloseEventInit): CloseEvent };

/**
 * Connects to a ws: or wss: URL and needs the permission to. Binary messages
 * are ArrayBuffers; 'error' events have the error.
 */
interface WebSocket extends EventTarget {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  readonly url: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly protocol: string;
  readonly extensions: string;
  binaryType: 'arraybuffer';
  onopen: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onerror: ((event: Event & { error?: any; message?: string }) => unknown) | null;
  onclose: ((event: CloseEvent) => unknown) | null;
  send(data: string | ArrayBufferLike | ArrayBufferView): void;
  close(code?: number, reason?: string): void;
}
declare var WebSocket: {
  prototype: WebSocket;
  /** options are those of ClientOptions of wqjs:ws. */
  new (url: string | URL, protocols?: string | readonly string[], options?: import('wqjs:ws').ClientOptions): WebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
};
