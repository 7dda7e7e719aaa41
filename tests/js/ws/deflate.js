// permessage-deflate: RFC 7692.
import { WebSocket } from 'wqjs:ws';
import { assert, assertEquals, test } from '../assert.js';
import { client, echo, frame, Peer, serving } from './_util.js';

const HELLO = '\xf2\x48\xcd\xc9\xc9\x07\x00'; // RFC 7692, 7.2.3.1
const offer = (text) => ({ 'Sec-WebSocket-Extensions': text });

test('negotiation', async () => {
  await serving({ perMessageDeflate: true }, echo, async ({ port }) => {
    for (const [offered, answered] of [
      ['permessage-deflate', true],
      ['permessage-deflate; client_max_window_bits', true],
      ['permessage-deflate; client_max_window_bits=10; server_max_window_bits=15', true],
      ['permessage-deflate; server_max_window_bits="15"', true],
      ['permessage-deflate; server_max_window_bits=10', false],
      ['permessage-deflate; server_max_window_bits=10, permessage-deflate', true],
      ['permessage-deflate; unknown', false],
      ['permessage-deflate; client_max_window_bits=7', false],
      ['permessage-deflate; server_no_context_takeover=1', false],
      ['x-webkit-deflate-frame', false],
    ]) {
      const peer = await Peer.open(port, offer(offered));
      assertEquals([peer.status, peer.head.includes('server_no_context_takeover; client_no_context_takeover')], [101, answered], offered);
      peer.conn.close();
    }
    const twice = await Peer.open(port, offer('permessage-deflate; client_max_window_bits=10; client_max_window_bits=11'));
    assertEquals(twice.status, 400);
    twice.conn.close();
  });
});

const outcome = async (port, ...frames) => {
  const peer = await Peer.open(port, offer('permessage-deflate'));
  for (const bytes of frames) await peer.write(bytes);
  return peer.outcome();
};

const BYE = frame(0x88, '\x03\xe8');

test('compressed messages', async () => {
  await serving({ perMessageDeflate: true }, echo, async ({ port }) => {
    for (const [name, frames, expected] of [
      ['one frame', [frame(0xc1, HELLO), BYE], ['81:Hello', 1000]],
      ['two frames', [frame(0x41, HELLO.slice(0, 3)), frame(0x80, HELLO.slice(3)), BYE], ['81:Hello', 1000]],
      ['a ping between', [frame(0x41, HELLO.slice(0, 3)), frame(0x89), frame(0x80, HELLO.slice(3)), BYE], ['8a:', '81:Hello', 1000]],
      ['stored block', [frame(0xc1, '\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00'), BYE], ['81:Hello', 1000]],
      ['last block', [frame(0xc1, '\xf3\x48\xcd\xc9\xc9\x07\x00\x00'), BYE], ['81:Hello', 1000]],
      ['two blocks', [frame(0xc1, '\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00'), BYE], ['81:Hello', 1000]],
      ['not compressed', [frame(0x81, 'plain'), BYE], ['81:plain', 1000]],
      ['bytes', [frame(0xc2, HELLO), BYE], ['82:Hello', 1000]],
      ['empty', [frame(0xc1, '\x00'), BYE], ['81:', 1000]],
      ['damaged', [frame(0xc1, '\xff\xff\xff')], [1007]],
      ['bit on a continuation', [frame(0x41, HELLO), frame(0xc0, '')], [1002]],
      ['bit on a ping', [frame(0xc9, '')], [1002]],
      ['text that is not UTF-8', [frame(0xc1, '\x00\x01\x00\xfe\xff\xff\x00')], [1007]],
    ]) {
      assertEquals(await outcome(port, ...frames), expected, name);
    }
  });
});

test('a bomb is stopped at maxPayload', async () => {
  let bomb;
  // What the library itself makes of a million zeros, without its mask.
  await serving({ perMessageDeflate: true, maxPayload: 1 << 20 }, (ws) => ws.send(new Uint8Array(1 << 20)), async ({ port }) => {
    const peer = await Peer.open(port, offer('permessage-deflate'));
    const [first, payload] = await peer.frame();
    assertEquals(first, 0xc2);
    bomb = payload;
    assert(bomb.length < 10_000, `${bomb.length} bytes`);
    peer.conn.close();
  });
  await serving({ perMessageDeflate: true, maxPayload: 100_000 }, echo, async ({ port }) => {
    assertEquals(await outcome(port, frame(0xc2, bomb)), [1009]);
  });
});

test('without the option nothing is compressed', async () => {
  await serving({}, echo, async ({ url, port }) => {
    const ws = client(WebSocket, url);
    await ws.opened;
    assertEquals(ws.extensions, '');
    ws.close();
    await ws.ended;
    assertEquals(await outcome(port, frame(0xc1, HELLO)), [1002]);
  });
});
