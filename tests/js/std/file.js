// Files of std, within the granted folder.
import * as os from 'os';
import * as std from 'std';
import { assert, assertEquals, assertThrows, test } from '../assert.js';

const tmp = scriptArgs[1];
let count = 0;
const fresh = () => `${tmp}/file${count++}`;
const ALL = Uint8Array.from({ length: 256 }, (_, i) => i);

function write(text) {
  const path = fresh();
  std.writeFile(path, text);
  return path;
}

test('what std offers', () => {
  assertEquals(Object.keys(std).sort(), [
    'Error', 'SEEK_CUR', 'SEEK_END', 'SEEK_SET', 'err', 'evalScript', 'exit', 'fdopen', 'gc', 'getenv', 'getenviron',
    'in', 'loadFile', 'loadScript', 'open', 'out', 'printf', 'puts', 'setenv', 'sprintf', 'strerror', 'unsetenv',
    'writeFile',
  ]);
  assertEquals([std.SEEK_SET, std.SEEK_CUR, std.SEEK_END], [0, 1, 2]);
});

test('writeFile and loadFile: text and bytes', () => {
  assertEquals(std.loadFile(write('grüße')), 'grüße');
  assertEquals(std.loadFile(write(ALL), { binary: true }), ALL);
  assertEquals(std.loadFile(write(ALL.buffer), { binary: true }), ALL);
  assertEquals(std.loadFile(write(ALL.subarray(65, 70))), 'ABCDE');
  assertEquals(std.loadFile(write(new DataView(ALL.buffer, 97, 3))), 'abc');
  for (const empty of ['', undefined, new Uint8Array(0), new ArrayBuffer(0)]) assertEquals(std.loadFile(write(empty)), '');
  assertEquals(std.loadFile(write(12)), '12');
  assertThrows(() => std.writeFile(tmp, 'x'), Error, tmp);
  assertThrows(() => std.writeFile(tmp, ''), Error, tmp);
  assertEquals(std.loadFile(fresh()), null);
});

test('a file: puts, printf, putByte, write; then read it', () => {
  const path = fresh();
  const f = std.open(path, 'w');
  f.puts('line one\n', 'line ');
  f.printf('%s %d %x\n', 'two', 2, 255);
  f.putByte(0xe2);
  f.putByte(0x82);
  f.putByte(0xac);
  assertEquals(f.write(new Uint8Array([10, 120, 121, 122]).buffer, 0, 2), 2);
  assertEquals(f.close(), 0);
  assertEquals(std.loadFile(path), 'line one\nline two 2 ff\n€\nx');
  const r = std.open(path, 'r');
  assertEquals(r.getline(), 'line one');
  assertEquals(r.tell(), 9);
  assertEquals(r.tello(), 9n);
  assertEquals(r.getByte(), 108);
  assertEquals(r.readAsString(4), 'ine ');
  assertEquals(r.seek(-1, std.SEEK_END), 0);
  assertEquals(r.eof(), false);
  assertEquals(r.readAsString(), 'x');
  assertEquals(r.getByte(), -1);
  assertEquals(r.eof(), true);
  assertEquals(r.getline(), null);
  r.clearerr();
  assertEquals([r.eof(), r.error()], [false, false]);
  r.seek(0n, std.SEEK_SET);
  const buffer = new ArrayBuffer(8);
  assertEquals(r.read(buffer, 2, 4), 4);
  assertEquals(new Uint8Array(buffer), new Uint8Array([0, 0, 108, 105, 110, 101, 0, 0]));
  assertEquals(r.readAsArrayBuffer(2).byteLength, 2);
  assert(r.fileno() >= 3);
  r.close();
  assertThrows(() => r.getline(), TypeError, 'invalid file handle');
});

test('modes: append, update, and what fails', () => {
  const path = write('start');
  const a = std.open(path, 'a');
  a.puts('+end');
  a.close();
  const u = std.open(path, 'r+');
  u.puts('START');
  u.close();
  assertEquals(std.loadFile(path), 'START+end');
  const e = {};
  assertEquals(std.open(fresh(), 'r', e), null);
  assertEquals(e.errno, std.Error.ENOENT);
  assertEquals(std.open(`${tmp}/no/such/folder`, 'w', e), null);
  assertEquals(e.errno, std.Error.ENOENT);
  assertThrows(() => std.open(path, 'bogus'), TypeError, 'mode');
});

test('what was not closed is written all the same', async () => {
  const path = fresh();
  const f = std.open(path, 'w');
  f.puts('no close, no flush');
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(std.loadFile(path), 'no close, no flush');
  f.puts('; ');
  f.flush();
  assertEquals(std.loadFile(path), 'no close, no flush; ');
  f.close();
});

test('fdopen, and the standard files', () => {
  assertEquals(std.out.fileno(), 1);
  assertEquals(std.err.fileno(), 2);
  assertEquals(std.in.fileno(), 0);
  assertEquals(std.in.readAsString(), '');
  const fd = os.open(write('by fd'), os.O_RDONLY);
  const f = std.fdopen(fd, 'r');
  assertEquals([f.fileno(), f.readAsString()], [fd, 'by fd']);
  f.close();
  assertThrows(() => std.fdopen(fd, 'bogus'), TypeError, 'mode');
});

test('sprintf', () => {
  assertEquals(std.sprintf('%5d|%-5s|%05.1f|%c|%%|%x|%s', 42, 'ab', 3.14159, 65, 255n, 'ü'), '   42|ab   |003.1|A|%|ff|ü');
  assertEquals(std.sprintf('%ld %ld', 2 ** 40, -(2n ** 40n)), '1099511627776 -1099511627776');
  assertThrows(() => std.sprintf('%d'), ReferenceError, 'missing');
  assertThrows(() => std.sprintf('%y', 1), TypeError);
});

test('strerror and std.Error', () => {
  assertEquals(typeof std.strerror(std.Error.ENOENT), 'string');
  assertEquals(std.Error.EACCES, 2);
});

test('outside of the granted folders nothing is there to see', () => {
  const e = {};
  for (const path of ['/etc/hostname', `${tmp}/../escape`, '../../../../../../etc/hostname', `${tmp}/../../../../etc/passwd`, '/etc/../etc/hostname']) {
    assertEquals(std.open(path, 'w', e), null, path);
    assert(e.errno > 0);
    assertEquals(std.loadFile(path), null, path);
    assertThrows(() => std.writeFile(path, 'x'));
  }
  // The tests themselves are readable, not writable.
  const self = scriptArgs[0];
  assert(std.loadFile(self).includes('nothing is there to see'));
  assertEquals(std.open(self, 'r+', e), null);
  assertEquals(std.open(`${self}.new`, 'w', e), null);
});

test('relative paths start from the working folder', () => {
  std.writeFile('relative.txt', 'here');
  assertEquals(std.loadFile(`${tmp}/relative.txt`), 'here');
});

test('a large file, and one that does not fit', () => {
  const path = fresh();
  const f = std.open(path, 'w');
  const piece = 'x'.repeat(1 << 20);
  for (let i = 0; i < 8; i++) f.puts(piece);
  f.close();
  assertEquals(std.loadFile(path).length, 8 << 20);
  const r = std.open(path, 'r');
  // What is outside of the buffer is cut off.
  assertEquals([r.read(new ArrayBuffer(4), 0, 5), r.read(new ArrayBuffer(4), 5, 1), r.read(new ArrayBuffer(4), 2, 2 ** 40)], [4, 0, 2]);
  assertThrows(() => r.read(new ArrayBuffer(4), -1, 1), RangeError);
  assertThrows(() => r.read(new Uint8Array(4), 0, 1), TypeError);
  r.close();
});
