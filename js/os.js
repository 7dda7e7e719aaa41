/**
 * The module os as QuickJS users know it, over WASI and the granted folders.
 * Timers and handlers are those of the event loop. Absent is what a sandbox has
 * not: processes, signals, links, terminals.
 */

import { timerStart, timerStop } from 'wqjs:internal/native';

export {
  chdir, close, getcwd, isatty, mkdir, now, O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, open,
  platform, read, readdir, remove, rename, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK,
  S_ISGID, S_ISUID, seek, sleep, stat, utimes, write,
} from 'wqjs:internal/os';
export { setReadHandler, setWriteHandler } from 'wqjs:internal/os-handlers';

export function setTimeout(func, delay) {
  return timerStart(func, Number(delay) || 0, false, undefined);
}

export function setInterval(func, delay) {
  return timerStart(func, Number(delay) || 0, true, undefined);
}

export function clearTimeout(id) {
  timerStop(id);
}

export { clearTimeout as clearInterval };

export function sleepAsync(delay) {
  return new Promise((resolve) => timerStart(resolve, Number(delay) || 0, false, undefined));
}
