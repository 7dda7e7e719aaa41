// Helpers for the tests of wqjs:sockets.
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertThrows } from '../assert.js';

/** fn must throw an InternalError of that code, with this syscall and, if given, more properties. */
export function throwsCode(fn, code, syscall, more = {}) {
  const error = assertThrows(fn, InternalError);
  assertEquals(error.code, code, `the message is: ${error.message}`);
  assert(Number.isInteger(error.errno) && error.errno > 0, `errno is ${error.errno}`);
  assertEquals(error.syscall, syscall);
  for (const key in more) assertEquals(error[key], more[key], key);
  return error;
}

/** A listener on a free port of the address, and its port. */
export function listener(family = s.AF_INET, address = family === s.AF_INET6 ? '::1' : '127.0.0.1') {
  const fd = s.socket(family, s.SOCK_STREAM, 0);
  s.bind(fd, address, 0);
  s.listen(fd, 16);
  return { fd, port: s.getsockname(fd).port, address };
}

/** [client, server]: the two ends of a TCP connection. */
export function tcpPair(family = s.AF_INET) {
  const server = listener(family);
  const client = s.socket(family, s.SOCK_STREAM, 0);
  s.connect(client, server.address, server.port);
  const peer = s.accept(server.fd);
  s.close(server.fd);
  return [client, peer.fd];
}

/** Runs fn with fds and closes them, whatever happens. */
export function using(fds, fn) {
  try {
    return fn(...fds);
  } finally {
    for (const fd of fds) s.close(fd);
  }
}

/** Receives exactly n bytes. */
export function recvAll(fd, n) {
  const all = new Uint8Array(n);
  for (let at = 0; at < n; ) {
    const got = s.recvInto(fd, all, at);
    if (got === 0) return all.slice(0, at);
    at += got;
  }
  return all;
}
