// Unix sockets: streams, datagrams and pairs, by path and by abstract name.
import * as os from 'os';
import * as s from 'wqjs:sockets';
import { assert, assertEquals, test } from '../assert.js';
import { throwsCode, using } from './_util.js';

const tmp = scriptArgs[1];
let count = 0;
const path = () => `${tmp}/sock${count++}`;

test('a stream by path', () => {
  const at = path();
  const server = s.socket(s.AF_UNIX, s.SOCK_STREAM, 0);
  s.bind(server, at, 0);
  s.listen(server, 4);
  assertEquals(s.getsockname(server), { address: at, port: 0, family: s.AF_UNIX });
  assertEquals(os.stat(at)[1], 0);
  const client = s.socket(s.AF_UNIX, s.SOCK_STREAM, 0);
  s.connect(client, at);
  assertEquals(s.getpeername(client).address, at);
  const peer = s.accept(server);
  assertEquals([peer.address, peer.port, peer.family], ['', 0, s.AF_UNIX]);
  s.send(client, 'über', 0);
  assertEquals(s.recv(peer.fd, 100, 0), 'über');
  for (const fd of [server, client, peer.fd]) s.close(fd);
});

test('datagrams by path', () => {
  const [here, there] = [path(), path()];
  using([s.socket(s.AF_UNIX, s.SOCK_DGRAM, 0), s.socket(s.AF_UNIX, s.SOCK_DGRAM, 0)], (a, b) => {
    s.bind(a, here);
    s.bind(b, there);
    s.sendto(a, 'note', 0, there, 0);
    const got = s.recvfrom(b, 100, 0);
    assertEquals([got.address, got.port, got.family, got.data.length], [here, 0, s.AF_UNIX, 4]);
  });
});

test('errors: nobody listens, in use, too long, a folder that is not there', () => {
  using([s.socket(s.AF_UNIX), s.socket(s.AF_UNIX)], (a, b) => {
    const at = path();
    throwsCode(() => s.connect(a, at), 'ENOENT', 'connect', { address: at });
    s.bind(a, at);
    throwsCode(() => s.connect(b, at), 'ECONNREFUSED', 'connect', { address: at });
    throwsCode(() => s.bind(b, at), 'EADDRINUSE', 'bind', { address: at });
    throwsCode(() => s.bind(b, `${tmp}/${'x'.repeat(120)}`), 'ENAMETOOLONG', 'bind');
    throwsCode(() => s.bind(b, `${tmp}/no/such/folder`), 'ENOENT', 'bind');
    throwsCode(() => s.bind(b, `${at}\0/../other`), 'EINVAL', 'bind');
  });
});

test('what is outside of the granted folder is denied, however it is spelled', () => {
  using([s.socket(s.AF_UNIX)], (fd) => {
    for (const [call, at] of [
      ['connect', '/run/outside.sock'], ['bind', '/outside.sock'], ['connect', `${tmp}/../outside.sock`],
      ['bind', `${tmp}/./a/../../outside.sock`], ['connect', '@abstract'], ['bind', '@abstract'], ['connect', `${tmp}x/y`],
    ]) {
      const error = throwsCode(() => s[call](fd, at), 'EACCES', call, { address: at });
      assert(error.message.includes('--allow-unix='), error.message);
    }
  });
});

test('socketpair: both types, non-blocking, and no names', () => {
  using(s.socketpair(s.AF_UNIX, s.SOCK_STREAM, 0), (a, b) => {
    s.send(a, 'x', 0);
    assertEquals(s.recv(b, 10, 0), 'x');
    assertEquals(s.getsockname(a).address, '');
    assert(s.is_connected(a));
  });
  using(s.socketpair(s.AF_UNIX, s.SOCK_DGRAM), (a, b) => {
    s.send(a, 'one', 0);
    s.send(a, 'two', 0);
    assertEquals(s.recv(b, 10, 0), 'one');
    assertEquals(s.recv(b, 10, 0), 'two');
  });
  using(s.socketpair(s.AF_UNIX, s.SOCK_STREAM | s.SOCK_NONBLOCK), (a) => {
    throwsCode(() => s.recv(a, 10, 0), 'EAGAIN', 'recv');
  });
  throwsCode(() => s.socketpair(s.AF_INET, s.SOCK_STREAM, 0), 'ENOTSUP', 'socketpair');
});

test('the end of the stream', () => {
  const [a, b] = s.socketpair();
  s.send(a, 'bye', 0);
  s.close(a);
  assertEquals(s.recv(b, 10, 0), 'bye');
  assertEquals(s.recv(b, 10, 0), '');
  throwsCode(() => s.send(b, 'x', 0), 'EPIPE', 'send');
  s.close(b);
});
