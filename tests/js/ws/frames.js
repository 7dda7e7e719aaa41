// What RFC 6455 says about frames, section by section, against an echo server.
import { assertEquals, test } from '../assert.js';
import { bytesOf, echo, frame, join, Peer, serving } from './_util.js';

const BYE = frame(0x88, '\x03\xe8');
const utf8 = (text) => Array.from(new TextEncoder().encode(text), (b) => String.fromCharCode(b)).join('');
const euro = utf8('€');
const long = 'x'.repeat(1000);

// name, what the client sends, what it gets
const CASES = [
  ['empty text', [frame(0x81), BYE], ['81:', 1000]],
  ['text of 125 bytes', [frame(0x81, long.slice(0, 125)), BYE], [`81:${long.slice(0, 125)}`, 1000]],
  ['text of 126 bytes', [frame(0x81, long.slice(0, 126)), BYE], [`81:${long.slice(0, 126)}`, 1000]],
  ['text of 65535 bytes', [frame(0x81, 'y'.repeat(65535)), BYE], [`81:${'y'.repeat(65535)}`, 1000]],
  ['text of 65536 bytes', [frame(0x81, 'y'.repeat(65536)), BYE], [`81:${'y'.repeat(65536)}`, 1000]],
  ['binary', [frame(0x82, '\x00\xff\xfe'), BYE], ['82:\x00\xff\xfe', 1000]],
  ['fragments', [frame(0x01, 'a'), frame(0x00, 'b'), frame(0x80, 'c'), BYE], ['81:abc', 1000]],
  ['empty fragments', [frame(0x01), frame(0x00), frame(0x80), BYE], ['81:', 1000]],
  ['ping', [frame(0x89, 'hi'), BYE], ['8a:hi', 1000]],
  ['ping of 125 bytes', [frame(0x89, long.slice(0, 125)), BYE], [`8a:${long.slice(0, 125)}`, 1000]],
  ['ping between fragments', [frame(0x01, 'a'), frame(0x89, 'p'), frame(0x80, 'b'), BYE], ['8a:p', '81:ab', 1000]],
  ['pong nobody asked for', [frame(0x8a, 'x'), BYE], [1000]],
  ['ping of 126 bytes', [frame(0x89, long.slice(0, 126))], [1002]],
  ['fragmented ping', [frame(0x09, 'x')], [1002]],
  ['fragmented close', [frame(0x08, '\x03\xe8')], [1002]],
  ['continuation of nothing', [frame(0x80, 'x')], [1002]],
  ['continuation after the end', [frame(0x01, 'a'), frame(0x80, 'b'), frame(0x80, 'c')], ['81:ab', 1002]],
  ['text inside of fragments', [frame(0x01, 'a'), frame(0x81, 'b')], [1002]],
  ['binary inside of fragments', [frame(0x01, 'a'), frame(0x82, 'b')], [1002]],
  ['RSV1 without extension', [frame(0xc1, 'x')], [1002]],
  ['RSV2', [frame(0xa1, 'x')], [1002]],
  ['RSV3', [frame(0x91, 'x')], [1002]],
  ['RSV on a control frame', [frame(0xc9, 'x')], [1002]],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((op) => [`opcode ${op}`, [frame(0x80 | op, 'x')], [1002]]),
  ['not masked', [frame(0x81, 'x', { mask: null })], [1002]],
  ['length 5 in 2 bytes', [frame(0x81, 'hello', { form: 2 })], [1002]],
  ['length 5 in 8 bytes', [frame(0x81, 'hello', { form: 8 })], [1002]],
  ['length 1000 in 8 bytes', [frame(0x81, long, { form: 8 })], [1002]],
  ['length with the highest bit', [frame(0x82, 'x', { form: 8, length: 2 ** 63 })], [1002]],
  ['length beyond the limit', [frame(0x82, 'x', { form: 8, length: 100_001 })], [1009]],
  ['fragments beyond the limit', [frame(0x02, 'x'.repeat(60_000)), frame(0x80, 'x'.repeat(50_000))], [1009]],
  ['UTF-8', [frame(0x81, utf8('κόσμε€😀')), BYE], [`81:${utf8('κόσμε€😀')}`, 1000]],
  ['a character across fragments', [frame(0x01, euro.slice(0, 1)), frame(0x00, euro.slice(1, 2)), frame(0x80, euro.slice(2)), BYE], [`81:${euro}`, 1000]],
  ['a character cut at the end', [frame(0x81, euro.slice(0, 2))], [1007]],
  ['a character cut by the last fragment', [frame(0x01, euro.slice(0, 2)), frame(0x80, '')], [1007]],
  ['bad UTF-8 told before the message ends', [frame(0x01, 'a\xff')], [1007]],
  ['overlong', [frame(0x81, '\xc0\xaf')], [1007]],
  ['overlong of three', [frame(0x81, '\xe0\x80\xaf')], [1007]],
  ['surrogate', [frame(0x81, '\xed\xa0\x80')], [1007]],
  ['beyond U+10FFFF', [frame(0x81, '\xf4\x90\x80\x80')], [1007]],
  ['lone continuation after ASCII', [frame(0x81, `${long}\x80`)], [1007]],
  ['bytes need not be UTF-8', [frame(0x82, '\xc0\xaf'), BYE], ['82:\xc0\xaf', 1000]],
  ['close without a code', [frame(0x88)], [1005]],
  ['close of one byte', [frame(0x88, '\x03')], [1002]],
  ['close with a reason', [frame(0x88, `\x03\xe8${euro}`)], [1000]],
  ['close with a bad reason', [frame(0x88, '\x03\xe8\xff')], [1007]],
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map((code) => [
    `close code ${code}`, [frame(0x88, String.fromCharCode(code >> 8, code & 255))], [code],
  ]),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map((code) => [
    `close code ${code} is refused`, [frame(0x88, String.fromCharCode(code >> 8, code & 255))], [1002],
  ]),
  ['data after close is ignored', [BYE, frame(0x81, 'late'), bytesOf('garbage')], [1000]],
];

test('frames, whole and byte by byte', async () => {
  await serving({ maxPayload: 100_000 }, echo, async ({ port }) => {
    for (const [name, parts, expected] of CASES) {
      const bytes = join(...parts);
      const peer = await Peer.open(port);
      await peer.write(bytes);
      assertEquals(await peer.outcome(), expected, name);
      if (bytes.length > 400) continue;
      const slow = await Peer.open(port);
      for (const byte of bytes) await slow.write(Uint8Array.of(byte));
      assertEquals(await slow.outcome(), expected, `${name}, byte by byte`);
    }
  });
});

test('frames that come with the request', async () => {
  await serving({}, echo, async ({ port }) => {
    const { connect } = await import('wqjs:net');
    const { KEY } = await import('./_util.js');
    const peer = new Peer();
    peer.conn = await connect({ host: '127.0.0.1', port });
    const head = `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n`;
    await peer.write(join(bytesOf(head), frame(0x81, 'early'), BYE));
    while (!peer.data.includes('\r\n\r\n')) await peer.more();
    peer.data = peer.data.slice(peer.data.indexOf('\r\n\r\n') + 4);
    assertEquals(await peer.outcome(), ['81:early', 1000]);
  });
});

test('masks at every alignment', async () => {
  await serving({}, echo, async ({ port }) => {
    const peer = await Peer.open(port);
    const text = 'abcdefghijklmnopqrstuvwxyz'.repeat(3);
    for (let n = 0; n <= 20; n++) {
      const bytes = frame(0x82, text.slice(0, n * 3), { mask: [n, 77, 255 - n, 128] });
      const cut = Math.min(bytes.length, 7 + n);
      await peer.write(bytes.slice(0, cut));
      await peer.write(bytes.slice(cut));
      assertEquals(await peer.frame(), [0x82, text.slice(0, n * 3)]);
    }
    await peer.write(BYE);
    assertEquals(await peer.outcome(), [1000]);
  });
});
