/**
 * Error numbers as the natives return them: negated, in wasi-libc's numbering
 * (the errno type of WASI preview 1), the same on every system.
 */

import { errnoError } from 'wqjs:internal/native';

export const EAGAIN = -6;
export const EBADF = -8;
export const EBUSY = -10;
export const ECANCELED = -11;
export const ECONNABORTED = -13;
export const ECONNRESET = -15;
export const EINPROGRESS = -26;
export const EINVAL = -28;
export const EMFILE = -33;
export const ENFILE = -41;
export const ENOBUFS = -42;
export const ENOMEM = -48;
export const EPIPE = -64;
export const ETIMEDOUT = -73;
export const ENOTFOUND = -201;

const names = {
  [EBADF]: 'EBADF',
  [EBUSY]: 'EBUSY',
  [ECANCELED]: 'ECANCELED',
  [ECONNRESET]: 'ECONNRESET',
  [EINVAL]: 'EINVAL',
  [ENOBUFS]: 'ENOBUFS',
  [ENOTFOUND]: 'ENOTFOUND',
  [EPIPE]: 'EPIPE',
  [ETIMEDOUT]: 'ETIMEDOUT',
};

/**
 * An error of the library's own, in the form that errors of system calls have:
 * "connect: TEXT (ETIMEDOUT)" with code, errno, syscall and, where given,
 * address and port.
 */
export function makeError(errno, syscall, text, address, port) {
  const error = errnoError(errno, syscall, address, port);
  error.message = `${syscall}: ${text} (${names[errno]})`;
  return error;
}

/**
 * Where the caller of a public function stands, for errors that come later: an
 * error made while an event is handled would name only the library's frames.
 */
export function callSite(above) {
  const site = {};
  Error.captureStackTrace(site, above);
  return site.stack;
}
