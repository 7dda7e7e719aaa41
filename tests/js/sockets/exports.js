// What the module offers, and by which names scripts may import it.
import sockets, * as named from 'wqjs:sockets';
import so from './dist/network_sockets.so';
import absolute from '/nowhere/network_sockets.so';
import { assert, assertEquals, test } from '../assert.js';

const FUNCTIONS = [
  'accept', 'bind', 'close', 'connect', 'epoll_create1', 'epoll_ctl', 'epoll_wait', 'fcntl', 'get_error', 'getaddrinfo',
  'gethostbyname', 'getpeername', 'getsockname', 'getsockopt', 'is_connected', 'listen', 'parse_http_request', 'poll',
  'recv', 'recvBytes', 'recvInto', 'recvfrom', 'send', 'sendto', 'setnonblocking', 'setsockopt', 'shutdown', 'socket',
  'socketpair', 'tls_context', 'tls_handshake', 'tls_info', 'tls_wrap',
];

// Linux' values: scripts may have them built in.
const CONSTANTS = {
  AF_UNSPEC: 0, AF_UNIX: 1, AF_INET: 2, AF_INET6: 10,
  SOCK_STREAM: 1, SOCK_DGRAM: 2, SOCK_RAW: 3, SOCK_NONBLOCK: 0x800, SOCK_CLOEXEC: 0x80000,
  IPPROTO_IP: 0, IPPROTO_ICMP: 1, IPPROTO_TCP: 6, IPPROTO_UDP: 17, IPPROTO_IPV6: 41, IPPROTO_ICMPV6: 58,
  SOL_SOCKET: 1, SO_REUSEADDR: 2, SO_TYPE: 3, SO_ERROR: 4, SO_BROADCAST: 6, SO_SNDBUF: 7, SO_RCVBUF: 8,
  SO_KEEPALIVE: 9, SO_LINGER: 13, SO_REUSEPORT: 15, SO_RCVTIMEO: 20, SO_SNDTIMEO: 21, SO_ACCEPTCONN: 30,
  TCP_NODELAY: 1, TCP_KEEPIDLE: 4, TCP_KEEPINTVL: 5, TCP_KEEPCNT: 6, IPV6_V6ONLY: 26,
  SHUT_RD: 0, SHUT_WR: 1, SHUT_RDWR: 2,
  MSG_PEEK: 2, MSG_DONTWAIT: 0x40, MSG_WAITALL: 0x100, MSG_NOSIGNAL: 0x4000,
  F_GETFL: 3, F_SETFL: 4, O_NONBLOCK: 0x800,
  POLLIN: 1, POLLPRI: 2, POLLOUT: 4, POLLERR: 8, POLLHUP: 16, POLLNVAL: 32, POLLRDHUP: 0x2000,
  EPOLLIN: 1, EPOLLPRI: 2, EPOLLOUT: 4, EPOLLERR: 8, EPOLLHUP: 16, EPOLLRDHUP: 0x2000,
  EPOLLONESHOT: 0x40000000, EPOLLET: 0x80000000,
  EPOLL_CTL_ADD: 1, EPOLL_CTL_DEL: 2, EPOLL_CTL_MOD: 3, SOMAXCONN: 4096,
};

test('there is nothing but the functions, the constants and granted', () => {
  const expected = [...FUNCTIONS, ...Object.keys(CONSTANTS), 'granted'].sort();
  assertEquals(Object.getOwnPropertyNames(sockets).sort(), expected);
  assertEquals(Object.keys(named).sort(), [...expected, 'default'].sort());
});

test('functions are functions, and the same by name and by default', () => {
  for (const name of FUNCTIONS) {
    assertEquals(typeof sockets[name], 'function', name);
    assertEquals(sockets[name].name, name);
  }
});

test('constants have their values', () => {
  for (const name in CONSTANTS) {
    assertEquals(sockets[name], CONSTANTS[name], name);
    assertEquals(named[name], CONSTANTS[name], name);
  }
});

test('the file name of the native module means this one, in whatever folder', () => {
  assert(so === sockets);
  assert(absolute === sockets);
});

test('nothing is granted here', () => {
  assertEquals(sockets.granted, []);
  assert(sockets.granted === named.granted);
});

test('the default export can be extended, as scripts for the native module do', () => {
  sockets.mine = 1;
  assertEquals(so.mine, 1);
  delete sockets.mine;
});
