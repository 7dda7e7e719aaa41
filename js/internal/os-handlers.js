/**
 * os.setReadHandler and os.setWriteHandler for the fds of wqjs:sockets.
 *
 * A handler is called as long as its fd is ready, though the event loop tells
 * only of changes: so after each call the fd is looked at again.
 */

import { timerStart, unwatch, watch } from 'wqjs:internal/native';
import { poll, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT } from 'wqjs:sockets';

const FIRST_SOCKET = 1000;
const handlers = new Map(); // fd → {read, write, scheduled}

export function setReadHandler(fd, func) {
  set('setReadHandler', fd, 'read', func);
}

export function setWriteHandler(fd, func) {
  set('setWriteHandler', fd, 'write', func);
}

function set(name, fd, kind, func) {
  if (func !== null && typeof func !== 'function') throw new TypeError(`${name}: the handler must be a function or null`);
  if (!Number.isInteger(fd) || fd < FIRST_SOCKET) {
    throw new TypeError(`${name}: only sockets can be waited for, and ${String(fd)} is none`);
  }
  const entry = handlers.get(fd) ?? { read: null, write: null, scheduled: false };
  entry[kind] = func;
  if (entry.read === null && entry.write === null) {
    if (handlers.delete(fd)) unwatch(fd);
    return;
  }
  watch(fd, () => run(fd, entry)); // throws for an fd that is not open
  handlers.set(fd, entry);
  schedule(fd, entry);
}

function schedule(fd, entry) {
  if (entry.scheduled) return;
  timerStart(() => {
    entry.scheduled = false;
    run(fd, entry);
  }, 0, false, undefined);
  entry.scheduled = true;
}

function run(fd, entry) {
  if (handlers.get(fd) !== entry) return;
  const events = (entry.read === null ? 0 : POLLIN) | (entry.write === null ? 0 : POLLOUT);
  const [ready] = poll([{ fd, events }], 0);
  if (ready === undefined) return;
  if (ready.revents & POLLNVAL) {
    handlers.delete(fd);
    return;
  }
  schedule(fd, entry);
  if (ready.revents & (POLLIN | POLLHUP | POLLERR)) entry.read?.();
  if (ready.revents & (POLLOUT | POLLHUP | POLLERR) && handlers.get(fd) === entry) entry.write?.();
}
