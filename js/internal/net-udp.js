/** udp() of wqjs:net: datagrams, over UDP or Unix sockets. */

import { utf8Encode } from 'wqjs:internal/native';
import { EBADF, ECANCELED, ENOBUFS, makeError } from 'wqjs:internal/errno';
import { cancel, Handle, promiseFor, Queue, READABLE, refill, spend, WRITABLE } from 'wqjs:internal/handle';
import { TOKEN } from 'wqjs:internal/net-conn';
import {
  addressOf, checkFamily, checkHost, checkOptions, checkPath, checkPort, isBytes, literalFamily, localAddress,
} from 'wqjs:internal/net-options';
import { resolve } from 'wqjs:internal/resolve';
import { customInspect } from 'wqjs:internal/globals/inspect-symbol';
import {
  AF_INET, AF_INET6, AF_UNIX, bind, close, getaddrinfo, recvfrom, sendto, setsockopt, SO_BROADCAST, SO_REUSEADDR,
  SO_REUSEPORT, SOCK_DGRAM, SOCK_NONBLOCK, socket, SOL_SOCKET,
} from 'wqjs:sockets';

const MAX_DATAGRAM = 65536;
const MAX_WAITING = 1024;

export function udp(options = {}) {
  const o = checkOptions(options, 'udp');
  if (o.path !== undefined) {
    const path = checkPath(o.path, 'udp');
    return open(AF_UNIX, o, (fd) => bind(fd, path, 0));
  }
  const port = checkPort(o.port ?? 0, 'udp');
  let family = checkFamily(o.family ?? 0, 'udp');
  if (o.host === undefined) {
    // Unbound, it gets an address with the first datagram sent: that takes no
    // permission to bind.
    return open(family === 6 ? AF_INET6 : AF_INET, o, (fd) => o.port === undefined || bind(fd, '', port));
  }
  const host = checkHost(o.host, 'udp');
  const address = literalFamily(host) === 0 ? getaddrinfo(host, { family })[0] : host;
  return open(address.includes(':') ? AF_INET6 : AF_INET, o, (fd) => bind(fd, address, port));
}

function open(family, o, prepare) {
  const fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  try {
    if (o.reuseAddr) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (o.reusePort) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (o.broadcast) setsockopt(fd, SOL_SOCKET, SO_BROADCAST, 1);
    prepare(fd);
    return new UdpSocket(TOKEN, fd, family);
  } catch (error) {
    close(fd);
    throw error;
  }
}

export class UdpSocket {
  #handle;
  #family;
  #receiving = new Queue();
  #sending = new Queue();
  #unsent = 0;
  #lastAddr = null; // when it was closed

  constructor(token, fd, family) {
    if (token !== TOKEN) throw new TypeError('UdpSocket: use udp()');
    this.#handle = new Handle(fd, (events) => this.#onEvent(events));
    this.#family = family;
  }

  get fd() {
    return this.#handle.fd;
  }

  get addr() {
    return this.#handle.fd < 0 ? { ...this.#lastAddr } : localAddress(this.#handle.fd);
  }

  // ---- sending ----

  send(data, to) {
    try {
      const datagram = this.#datagramOf(data, checkOptions(to, 'send'));
      return datagram.address === null ? this.#sendToName(datagram) : this.#send(datagram);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #datagramOf(data, { host, address = host, port, path }) {
    const bytes = typeof data === 'string' ? utf8Encode(data) : data;
    if (!isBytes(bytes)) throw new TypeError('send: expected a string, an ArrayBuffer, a typed array or a DataView');
    if (this.#family === AF_UNIX) return { bytes, address: checkPath(path, 'send'), port: 0 };
    const name = checkHost(address, 'send');
    return { bytes, address: literalFamily(name) === 0 ? null : name, name, port: checkPort(port, 'send', 1) };
  }

  #sendToName(datagram) {
    return new Promise((fulfil, reject) => {
      resolve(datagram.name, this.#family === AF_INET6 ? 6 : 4, (error, addresses) => {
        if (error !== null) {
          reject(error);
          return;
        }
        datagram.address = addresses[0];
        try {
          fulfil(this.#send(datagram));
        } catch (caught) {
          reject(caught);
        }
      });
    });
  }

  #send(datagram) {
    this.#checkOpen('send');
    if (this.#unsent >= MAX_WAITING) {
      throw makeError(ENOBUFS, 'send', `${MAX_WAITING} datagrams wait already: await the sends`);
    }
    if (this.#sending.head === null) {
      const sent = spend() ? this.#trySend(datagram) : this.#handle.tryLater();
      if (sent >= 0) return Promise.resolve(sent);
    }
    const promise = promiseFor(datagram);
    this.#sending.push(datagram);
    this.#unsent++;
    this.#settle();
    return promise;
  }

  // The bytes sent, or -1 when the kernel has no room.
  #trySend({ bytes, address, port }) {
    try {
      return sendto(this.#handle.fd, bytes, 0, address, port);
    } catch (error) {
      if (error.code === 'EAGAIN') return -1;
      throw error;
    }
  }

  // ---- receiving ----

  recv() {
    return this.#recv(false);
  }

  #recv(isStep) {
    try {
      if (isStep && this.#handle.fd < 0) return Promise.resolve({ value: undefined, done: true });
      this.#checkOpen('recv');
      if (this.#receiving.head === null) {
        const datagram = spend() ? this.#tryRecv() : this.#handle.tryLater();
        if (datagram) return Promise.resolve(isStep ? { value: datagram, done: false } : datagram);
      }
    } catch (error) {
      return Promise.reject(error);
    }
    const request = { isStep };
    const promise = promiseFor(request);
    this.#receiving.push(request);
    this.#settle();
    return promise;
  }

  #tryRecv() {
    try {
      const datagram = recvfrom(this.#handle.fd, MAX_DATAGRAM, 0);
      const { data } = datagram;
      return { data, ...addressOf(datagram) };
    } catch (error) {
      if (error.code === 'EAGAIN') return null;
      throw error;
    }
  }

  [Symbol.asyncIterator]() {
    return {
      next: () => this.#recv(true),
      return: (value) => {
        this.close();
        return Promise.resolve({ value, done: true });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  // ---- events ----

  #onEvent(events) {
    refill();
    if ((events & READABLE) !== 0) {
      this.#drain(this.#receiving, (r) => {
        const datagram = this.#tryRecv();
        if (datagram === null) return false;
        r.resolve(r.isStep ? { value: datagram, done: false } : datagram);
        return true;
      });
    }
    if ((events & WRITABLE) !== 0) {
      this.#drain(this.#sending, (d) => {
        const sent = this.#trySend(d);
        if (sent < 0) return false;
        this.#unsent--;
        d.resolve(sent);
        return true;
      });
    }
    this.#settle();
  }

  // Serves a queue until a request has to wait on.
  #drain(queue, serve) {
    for (let request = queue.shift(); request !== null; request = queue.shift()) {
      try {
        if (serve(request)) continue;
      } catch (error) {
        if (queue === this.#sending) this.#unsent--;
        request.reject(error);
        continue;
      }
      queue.unshift(request);
      return;
    }
  }

  #settle() {
    if (this.#handle.fd < 0) return;
    try {
      this.#handle.wait(this.#receiving.head !== null || this.#sending.head !== null);
    } catch (error) {
      for (let r = this.#receiving.clear(); r !== null; r = r.next) r.reject(error);
      for (let d = this.#sending.clear(); d !== null; d = d.next) d.reject(error);
      this.#unsent = 0;
    }
  }

  #checkOpen(syscall) {
    if (this.#handle.fd < 0) throw makeError(EBADF, syscall, 'the socket is closed');
  }

  close() {
    if (this.#handle.fd < 0) return;
    this.#lastAddr = this.addr;
    this.#handle.close();
    if (this.#receiving.head === null && this.#sending.head === null) return;
    const error = makeError(ECANCELED, 'close', 'the socket was closed while this waited');
    for (let r = this.#receiving.clear(); r !== null; r = r.next) {
      if (r.isStep) r.resolve({ value: undefined, done: true });
      else cancel(r, error);
    }
    for (let d = this.#sending.clear(); d !== null; d = d.next) cancel(d, error);
  }

  [Symbol.dispose]() {
    this.close();
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }

  ref() {
    this.#handle.setRef(true, this.#receiving.head !== null || this.#sending.head !== null);
    return this;
  }

  unref() {
    this.#handle.setRef(false, false);
    return this;
  }

  get [Symbol.toStringTag]() {
    return 'UdpSocket';
  }

  [customInspect](depth, options, inspect) {
    return depth < 0 ? '[UdpSocket]' : `UdpSocket ${inspect({ fd: this.fd, addr: this.addr }, options)}`;
  }
}
