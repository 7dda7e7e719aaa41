/**
 * The module os as QuickJS users know it, as far as a sandbox has it: there are
 * no processes, signals, links and terminals. Files are those of the granted
 * folders. "os", "qjs:os" and "wqjs:os" are the same module.
 *
 * Functions give 0 or more, or a negative error number (std.strerror tells its
 * text).
 */
declare module 'wqjs:os' {
  /** open(2): an fd, or a negative error number. */
  export function open(path: string, flags: number, mode?: number): number;
  export const O_RDONLY: number;
  export const O_WRONLY: number;
  export const O_RDWR: number;
  export const O_APPEND: number;
  export const O_CREAT: number;
  export const O_EXCL: number;
  export const O_TRUNC: number;
  export function close(fd: number): number;
  /** lseek(2), with std.SEEK_*: the new position, of the type of offset. */
  export function seek(fd: number, offset: number, whence: number): number;
  export function seek(fd: number, offset: bigint, whence: number): bigint;
  /** read(2) of up to length bytes to the buffer at offset: their number, 0 at the end. */
  export function read(fd: number, buffer: ArrayBuffer, offset: number, length: number): number;
  /** write(2) of length bytes of the buffer from offset on: their number. */
  export function write(fd: number, buffer: ArrayBuffer, offset: number, length: number): number;
  export function isatty(fd: number): boolean;

  /** Removes a file or an empty folder. */
  export function remove(path: string): number;
  export function rename(from: string, to: string): number;
  export function mkdir(path: string, mode?: number): number;
  /** The names in a folder, "." and ".." among them, and 0 or an error number. */
  export function readdir(path: string): [names: string[], errno: number];
  /** The working folder, and 0 or an error number. */
  export function getcwd(): [path: string, errno: number];
  export function chdir(path: string): number;

  export interface Stat {
    dev: number;
    ino: number;
    /** Kind (S_IFMT) of the file; there are no permission bits. */
    mode: number;
    nlink: number;
    uid: number;
    gid: number;
    rdev: number;
    /** Bytes. */
    size: number;
    blocks: number;
    /** Times are milliseconds since 1970. */
    atime: number;
    mtime: number;
    ctime: number;
  }

  /** stat(2) and 0, or null and an error number. */
  export function stat(path: string): [stat: Stat | null, errno: number];
  /** Sets the times, in milliseconds since 1970. */
  export function utimes(path: string, atime: number, mtime: number): number;
  export const S_IFMT: number;
  export const S_IFIFO: number;
  export const S_IFCHR: number;
  export const S_IFDIR: number;
  export const S_IFBLK: number;
  export const S_IFREG: number;
  export const S_IFSOCK: number;
  export const S_IFLNK: number;
  export const S_ISGID: number;
  export const S_ISUID: number;

  /** Always "wasi". */
  export const platform: string;
  /** Microseconds of a clock that never goes back. */
  export function now(): number;
  /** Stops the script for some milliseconds; nothing else happens meanwhile. */
  export function sleep(ms: number): number;
  /** A promise that is fulfilled after some milliseconds. */
  export function sleepAsync(ms: number): Promise<void>;
  /** Calls func after some milliseconds; gives a handle for clearTimeout. */
  export function setTimeout(func: () => void, ms: number): number;
  export function setInterval(func: () => void, ms: number): number;
  export function clearTimeout(handle: number): void;
  export function clearInterval(handle: number): void;

  /**
   * Calls func whenever the socket of wqjs:sockets can be read, until it is set
   * to null; it keeps the program running. Throws a TypeError for other fds.
   */
  export function setReadHandler(fd: number, func: (() => void) | null): void;
  /** The same for writing. */
  export function setWriteHandler(fd: number, func: (() => void) | null): void;
}

declare module 'os' {
  export * from 'wqjs:os';
}

declare module 'qjs:os' {
  export * from 'wqjs:os';
}
