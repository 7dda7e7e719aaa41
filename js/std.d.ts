/**
 * The module std as QuickJS users know it. Files are those of the granted
 * folders (--allow-read, --allow-write); what is not granted fails as if it were
 * not there. "std", "qjs:std" and "wqjs:std" are the same module.
 */
declare module 'wqjs:std' {
  /** Ends the program with this code (0 to 255, default 0). Cannot be caught. */
  export function exit(code?: number): never;
  /** Collects cycles now. */
  export function gc(): void;

  /**
   * Runs a script in the global scope and gives its value. With async, await is
   * allowed in it and the result is a promise of { value }.
   */
  export function evalScript(source: string, options?: { backtrace_barrier?: boolean; async?: false }): any;
  export function evalScript(source: string, options: { backtrace_barrier?: boolean; async: true }): Promise<{ value: any }>;
  /** Runs a file as a script in the global scope and gives its value. Throws a ReferenceError if it cannot be read. */
  export function loadScript(path: string): any;

  /** The variable, if it is granted (--allow-env) and set. */
  export function getenv(name: string): string | undefined;
  /** All granted variables. */
  export function getenviron(): Record<string, string>;
  /** Sets a variable for this program only. */
  export function setenv(name: string, value: string): void;
  export function unsetenv(name: string): void;

  /** The text of a file, decoded from UTF-8; null if it cannot be read. */
  export function loadFile(path: string, options?: { binary?: false }): string | null;
  /** The bytes of a file; null if it cannot be read. */
  export function loadFile(path: string, options: { binary: true }): Uint8Array<ArrayBuffer> | null;
  /** Makes a file of text (as UTF-8) or of bytes. Throws an Error. */
  export function writeFile(path: string, data?: string | ArrayBuffer | ArrayBufferView): void;

  /** Opens a file; flags are those of fopen(3). null if it fails: errorObj.errno tells why. */
  export function open(path: string, flags: string, errorObj?: { errno?: number }): File | null;
  /** A File of an fd of os.open. */
  export function fdopen(fd: number, flags: string, errorObj?: { errno?: number }): File | null;

  /** Writes to standard output, without a newline. */
  export function puts(...values: unknown[]): void;
  /** printf(3) to standard output; 64 bit integers need the modifier "l" (%ld). */
  export function printf(format: string, ...values: unknown[]): number;
  /** printf(3) to a string. */
  export function sprintf(format: string, ...values: unknown[]): string;
  /** A text for an error number of this module or of os. */
  export function strerror(errno: number): string;

  const stdin: File;
  const stdout: File;
  const stderr: File;
  export { stdin as in, stdout as out, stderr as err };

  export const SEEK_SET: 0;
  export const SEEK_CUR: 1;
  export const SEEK_END: 2;

  /** Numbers of the most common errors (wasi-libc's). */
  export const Error: {
    readonly EINVAL: number;
    readonly EIO: number;
    readonly EACCES: number;
    readonly EEXIST: number;
    readonly ENOSPC: number;
    readonly ENOSYS: number;
    readonly EBUSY: number;
    readonly ENOENT: number;
    readonly EPERM: number;
    readonly EPIPE: number;
    readonly EBADF: number;
  };

  /** A buffered file. What was written is written out after each turn of the event loop, at the latest. */
  export interface File {
    /** 0, or a negative error number. */
    close(): number;
    puts(...values: unknown[]): void;
    printf(format: string, ...values: unknown[]): number;
    flush(): void;
    seek(offset: number | bigint, whence: number): number;
    /** The position in bytes. */
    tell(): number;
    tello(): bigint;
    eof(): boolean;
    error(): boolean;
    clearerr(): void;
    fileno(): number;
    /** Reads up to length bytes into the buffer at position and gives their number. */
    read(buffer: ArrayBuffer, position?: number, length?: number): number;
    /** Writes length bytes of the buffer, or of a string as UTF-8, from position on and gives their number. */
    write(data: ArrayBuffer | string, position?: number, length?: number): number;
    /** The next line without its newline; null at the end. */
    getline(): string | null;
    /** All that is left, or at most max bytes of it, decoded from UTF-8. */
    readAsString(max?: number): string;
    readAsArrayBuffer(max?: number): ArrayBuffer;
    /** -1 at the end. */
    getByte(): number;
    putByte(byte: number): number;
  }
}

declare module 'std' {
  export * from 'wqjs:std';
}

declare module 'qjs:std' {
  export * from 'wqjs:std';
}
