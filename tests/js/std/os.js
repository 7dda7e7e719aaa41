// The module os: files, folders, time, handlers.
import * as os from 'os';
import * as std from 'std';
import * as s from 'wqjs:sockets';
import { assert, assertEquals, assertThrows, test } from '../assert.js';

const tmp = scriptArgs[1];
let count = 0;
const fresh = () => `${tmp}/os${count++}`;
const E = std.Error;

test('what os offers', () => {
  assertEquals(Object.keys(os).sort(), [
    'O_APPEND', 'O_CREAT', 'O_EXCL', 'O_RDONLY', 'O_RDWR', 'O_TRUNC', 'O_WRONLY', 'S_IFBLK', 'S_IFCHR', 'S_IFDIR',
    'S_IFIFO', 'S_IFLNK', 'S_IFMT', 'S_IFREG', 'S_IFSOCK', 'S_ISGID', 'S_ISUID', 'chdir', 'clearInterval',
    'clearTimeout', 'close', 'getcwd', 'isatty', 'mkdir', 'now', 'open', 'platform', 'read', 'readdir', 'remove',
    'rename', 'seek', 'setInterval', 'setReadHandler', 'setTimeout', 'setWriteHandler', 'sleep', 'sleepAsync', 'stat',
    'utimes', 'write',
  ]);
  assertEquals(os.platform, 'wasi');
});

test('open, write, seek, read, close', () => {
  const path = fresh();
  const fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600);
  assert(fd >= 3 && fd < 1000, `fd ${fd}`);
  const out = new Uint8Array([1, 2, 3, 4, 5]).buffer;
  assertEquals(os.write(fd, out, 0, 5), 5);
  assertEquals(os.write(fd, out, 3, 2), 2);
  assertEquals(os.seek(fd, 1, std.SEEK_SET), 1);
  assertEquals(os.seek(fd, 1n, std.SEEK_CUR), 2n);
  const back = new ArrayBuffer(10);
  assertEquals(os.read(fd, back, 1, 9), 5);
  assertEquals(new Uint8Array(back), new Uint8Array([0, 3, 4, 5, 4, 5, 0, 0, 0, 0]));
  assertEquals(os.read(fd, back, 0, 10), 0);
  assertThrows(() => os.read(fd, back, 5, 6), RangeError);
  assertThrows(() => os.read(fd, new Uint8Array(4), 0, 4), TypeError);
  assertEquals(os.isatty(fd), false);
  assertEquals(os.close(fd), 0);
  assertEquals(os.close(fd), -E.EBADF);
  assertEquals(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL), -E.EEXIST);
  assertEquals(os.open(fresh(), os.O_RDONLY), -E.ENOENT);
});

test('append and truncate', () => {
  const path = fresh();
  std.writeFile(path, 'abc');
  const a = os.open(path, os.O_WRONLY | os.O_APPEND);
  os.write(a, new Uint8Array([100]).buffer, 0, 1);
  os.close(a);
  assertEquals(std.loadFile(path), 'abcd');
  os.close(os.open(path, os.O_WRONLY | os.O_TRUNC));
  assertEquals(std.loadFile(path), '');
});

test('folders', () => {
  const dir = fresh();
  assertEquals(os.mkdir(dir), 0);
  assertEquals(os.mkdir(dir), -E.EEXIST);
  std.writeFile(`${dir}/b`, '');
  std.writeFile(`${dir}/ä`, '');
  os.mkdir(`${dir}/c`);
  const [names, err] = os.readdir(dir);
  assertEquals(err, 0);
  assertEquals(names.filter((n) => n !== '.' && n !== '..').sort(), ['b', 'c', 'ä']);
  assertEquals(os.readdir(`${dir}/none`), [[], E.ENOENT]);
  assertEquals(os.remove(dir), -55);
  assertEquals(os.rename(`${dir}/b`, `${dir}/c/moved`), 0);
  assertEquals(os.stat(`${dir}/b`), [null, E.ENOENT]);
  for (const name of ['c/moved', 'c', 'ä', '']) assertEquals(os.remove(`${dir}/${name}`), 0, name);
  assertEquals(os.stat(dir)[1], E.ENOENT);
});

test('stat and utimes', () => {
  const path = fresh();
  std.writeFile(path, '12345');
  const [stat, err] = os.stat(path);
  assertEquals(err, 0);
  assertEquals(stat.size, 5);
  assertEquals(stat.mode & os.S_IFMT, os.S_IFREG);
  assert(Math.abs(stat.mtime - Date.now()) < 60_000, `${stat.mtime}`);
  assertEquals(os.utimes(path, 1_000_000_000_000, 1_500_000_000_250), 0);
  assertEquals([os.stat(path)[0].atime, os.stat(path)[0].mtime], [1_000_000_000_000, 1_500_000_000_250]);
  assertEquals(os.stat(tmp)[0].mode & os.S_IFMT, os.S_IFDIR);
});

test('the working folder', () => {
  assertEquals(os.getcwd(), [tmp, 0]);
  const dir = fresh();
  os.mkdir(dir);
  assertEquals(os.chdir(dir), 0);
  assertEquals(os.getcwd()[0], dir);
  std.writeFile('inside', 'x');
  assertEquals(std.loadFile(`${dir}/inside`), 'x');
  assert(os.chdir('/etc') < 0);
  assert(os.chdir(`${dir}/inside`) < 0);
  assertEquals(os.chdir('..'), 0);
  assertEquals(os.stat('inside')[1], E.ENOENT);
  assertEquals(os.chdir(tmp), 0);
  assertEquals(os.getcwd()[0], tmp);
});

test('outside of the granted folders', () => {
  for (const path of ['/etc', '/etc/hostname', '/root', `${tmp}/..`, `${tmp}/../x`, '../x', '/tmp/../etc']) {
    assert(os.open(path, os.O_RDWR | os.O_CREAT) < 0, path);
    assert(os.mkdir(`${path}/new`) < 0, path);
    assert(os.remove(path) < 0, path);
    assert(os.rename(path, fresh()) < 0, path);
    assert(os.utimes(path, 0, 0) < 0, path);
  }
  assert(os.stat('/etc/hostname')[1] > 0);
  const path = fresh();
  std.writeFile(path, 'x');
  assert(os.rename(path, '/escaped') < 0);
  // Readable is not writable.
  const self = scriptArgs[0];
  assertEquals(os.stat(self)[1], 0);
  assert(os.remove(self) < 0);
  assert(os.rename(self, fresh()) < 0);
  assert(os.open(self, os.O_RDWR) < 0);
  assert(os.open(self, os.O_WRONLY | os.O_TRUNC) < 0);
});

test('paths with NUL, and very long ones', () => {
  const fd = os.open(`${tmp}/a\0/../../../etc/hostname`, os.O_WRONLY | os.O_CREAT); // C strings end at NUL
  assertEquals([os.close(fd), os.stat(`${tmp}/a`)[1]], [0, 0]);
  assert(os.stat(`${tmp}/${'x'.repeat(5000)}`)[1] > 0);
  assert(os.stat(`${tmp}/${'x/'.repeat(5000)}`)[1] > 0);
});

test('time', async () => {
  const start = os.now();
  assertEquals(os.sleep(20), 0);
  const took = os.now() - start;
  assert(took >= 19_000 && took < 10_000_000, `${took} µs`);
  await os.sleepAsync(10);
  assertEquals(os.sleep(-5), 0);
});

test('timers', async () => {
  const order = [];
  await new Promise((resolve) => {
    os.setTimeout(() => order.push('never'), 5).toString();
    os.clearTimeout(os.setTimeout(() => order.push('cleared'), 1));
    const id = os.setInterval(() => {
      order.push('tick');
      if (order.length >= 4) {
        os.clearInterval(id);
        resolve();
      }
    }, 3);
  });
  assert(order.includes('never') && !order.includes('cleared'));
  assertThrows(() => os.setTimeout('code', 1), TypeError);
});

test('setReadHandler: called as long as there is something to read', async () => {
  const [a, b] = s.socketpair();
  s.send(b, 'abc', 0);
  let text = '';
  let calls = 0;
  await new Promise((resolve) => {
    os.setReadHandler(a, () => {
      calls++;
      text += s.recv(a, 1, 0); // one byte each time: level triggered
      if (text.length === 3) s.send(b, 'd', 0);
      if (text === 'abcd') {
        os.setReadHandler(a, null);
        resolve();
      }
    });
  });
  assertEquals(calls, 4);
  s.close(a);
  s.close(b);
});

test('setWriteHandler and setReadHandler together', async () => {
  const [a, b] = s.socketpair();
  const seen = [];
  await new Promise((resolve) => {
    os.setReadHandler(a, () => {
      seen.push(s.recv(a, 10, 0));
      os.setReadHandler(a, null);
      if (seen.length === 2) resolve();
    });
    os.setWriteHandler(a, () => {
      seen.push('writable');
      os.setWriteHandler(a, null);
      s.send(b, 'x', 0);
    });
  });
  assertEquals(seen, ['writable', 'x']);
  s.close(a);
  s.close(b);
});

test('a handler replaces the one before; removing what is not there is fine', async () => {
  const [a, b] = s.socketpair();
  let called = '';
  await new Promise((resolve) => {
    os.setWriteHandler(a, () => { called += 'first'; });
    os.setWriteHandler(a, () => { called += 'second'; os.setWriteHandler(a, null); resolve(); });
  });
  assertEquals(called, 'second');
  os.setReadHandler(b, null);
  // A handler of a closed socket is forgotten.
  os.setReadHandler(a, () => assert(false));
  s.close(a);
  s.close(b);
  await os.sleepAsync(5);
});

test('handlers of files are refused', () => {
  for (const fd of [0, 1, 2, 3, -1, 1.5, '1000', undefined]) assertThrows(() => os.setReadHandler(fd, () => {}), TypeError, 'sockets');
  assertThrows(() => os.setReadHandler(1000, 'x'), TypeError, 'function');
  assertEquals(assertThrows(() => os.setReadHandler(4000, () => {}), InternalError).code, 'EBADF');
});
