// TextEncoder and TextDecoder.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

function bytes(...values) {
  return new Uint8Array(values);
}

// Every way to cut the input in pieces must give the same text as in one go.
function decodeInPieces(label, options, input, cuts) {
  const decoder = new TextDecoder(label, options);
  let text = '';
  let from = 0;
  for (const cut of [...cuts, input.length]) {
    text += decoder.decode(input.subarray(from, cut), { stream: true });
    from = cut;
  }
  return text + decoder.decode();
}

function checkAllSplits(label, options, input, expected) {
  const what = `${label} ${[...input].map((b) => b.toString(16)).join(' ')}`;
  assertEquals(new TextDecoder(label, options).decode(input), expected, what);
  for (let i = 0; i <= input.length; i++) {
    assertEquals(decodeInPieces(label, options, input, [i]), expected, `${what} cut at ${i}`);
    for (let j = i; j <= input.length; j++) {
      assertEquals(decodeInPieces(label, options, input, [i, j]), expected, `${what} cut at ${i}, ${j}`);
    }
  }
  const each = Array.from(input, (_, i) => i);
  assertEquals(decodeInPieces(label, options, input, each), expected, `${what} cut everywhere`);
}

const R = '\ufffd';
// [bytes, text] with one U+FFFD for each maximal part of a wrong sequence.
const utf8 = [
  [bytes(), ''],
  [bytes(0x61, 0x62), 'ab'],
  [bytes(0, 0x7f), '\0\x7f'],
  [bytes(0xc2, 0x80, 0xdf, 0xbf), '\x80\u07ff'],
  [bytes(0xe0, 0xa0, 0x80, 0xef, 0xbf, 0xbf), '\u0800\uffff'],
  [bytes(0xed, 0x9f, 0xbf, 0xee, 0x80, 0x80), '\ud7ff\ue000'],
  [bytes(0xf0, 0x90, 0x80, 0x80, 0xf4, 0x8f, 0xbf, 0xbf), '\u{10000}\u{10ffff}'],
  [bytes(0x61, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0x7a), 'a€😀z'],
  [bytes(0x80), R],
  [bytes(0xbf, 0x61), `${R}a`],
  [bytes(0xc0, 0x80), R + R],
  [bytes(0xc1, 0xbf), R + R],
  [bytes(0xc2), R],
  [bytes(0xc2, 0x61), `${R}a`],
  [bytes(0xc2, 0xc2, 0x80), `${R}\x80`],
  [bytes(0xe0, 0x80, 0x80), R + R + R],
  [bytes(0xe0, 0x9f, 0xbf), R + R + R],
  [bytes(0xe0, 0xa0), R],
  [bytes(0xe0, 0xa0, 0x61), `${R}a`],
  [bytes(0xed, 0xa0, 0x80), R + R + R],
  [bytes(0xed, 0xbf, 0xbf), R + R + R],
  [bytes(0xf0, 0x80, 0x80, 0x80), R + R + R + R],
  [bytes(0xf0, 0x8f, 0xbf, 0xbf), R + R + R + R],
  [bytes(0xf0, 0x90, 0x80), R],
  [bytes(0xf0, 0x90, 0x80, 0x61), `${R}a`],
  [bytes(0xf0, 0x90, 0x61), `${R}a`],
  [bytes(0xf4, 0x90, 0x80, 0x80), R + R + R + R],
  [bytes(0xf5, 0x80), R + R],
  [bytes(0xff, 0xfe), R + R],
  [bytes(0xe2, 0x82, 0xe2, 0x82, 0xac), `${R}€`],
  [bytes(0xf0, 0x9f, 0x98, 0xf0, 0x9f, 0x98, 0x80), `${R}😀`],
];

test('UTF-8, cut at every place', () => {
  for (const [input, expected] of utf8) checkAllSplits('utf-8', {}, input, expected);
});

test('UTF-8, fatal', () => {
  for (const [input, expected] of utf8) {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    if (!expected.includes(R)) assertEquals(decoder.decode(input), expected);
    else assertThrows(() => decoder.decode(input), TypeError, 'not valid utf-8');
    // An error leaves nothing behind.
    assertEquals(decoder.decode(bytes(0x61)), 'a');
  }
});

test('UTF-8, fatal, streaming', () => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  assertEquals(decoder.decode(bytes(0xe2, 0x82), { stream: true }), '');
  assertEquals(decoder.decode(bytes(0xac), { stream: true }), '€');
  assertEquals(decoder.decode(bytes(0xe2), { stream: true }), '');
  assertThrows(() => decoder.decode(), TypeError);
  assertEquals(decoder.decode(bytes(0xf0), { stream: true }), '');
  assertThrows(() => decoder.decode(bytes(0x61), { stream: true }), TypeError);
  assertEquals(decoder.decode(bytes(0x62)), 'b');
});

test('the byte order mark', () => {
  const marked = bytes(0xef, 0xbb, 0xbf, 0x61, 0xef, 0xbb, 0xbf);
  checkAllSplits('utf-8', {}, marked, 'a\ufeff');
  checkAllSplits('utf-8', { ignoreBOM: true }, marked, '\ufeffa\ufeff');
  checkAllSplits('utf-8', {}, bytes(0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf), '\ufeff');
  checkAllSplits('utf-8', {}, bytes(0xef, 0xbb), R);
  checkAllSplits('utf-16le', {}, bytes(0xff, 0xfe, 0x61, 0), 'a');
  checkAllSplits('utf-16le', { ignoreBOM: true }, bytes(0xff, 0xfe, 0x61, 0), '\ufeffa');
  checkAllSplits('utf-16be', {}, bytes(0xfe, 0xff, 0, 0x61), 'a');
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(marked), 'a\ufeff');
  assertEquals(decoder.decode(marked), 'a\ufeff', 'each text may start with one');
});

test('UTF-16, cut at every place', () => {
  const cases = [
    [[], ''],
    [[0x61, 0xe9, 0x20ac], 'aé€'],
    [[0xd83d, 0xde00], '😀'],
    [[0x61, 0xd83d, 0xde00, 0x62], 'a😀b'],
    [[0xd83d], R],
    [[0xde00], R],
    [[0xd83d, 0x61], `${R}a`],
    [[0xde00, 0xd83d], R + R],
    [[0xd83d, 0xd83d, 0xde00], `${R}😀`],
  ];
  for (const [units, expected] of cases) {
    const little = new Uint8Array(units.flatMap((u) => [u & 255, u >> 8]));
    const big = new Uint8Array(units.flatMap((u) => [u >> 8, u & 255]));
    checkAllSplits('utf-16le', {}, little, expected);
    checkAllSplits('utf-16be', {}, big, expected);
    if (expected.includes(R)) {
      assertThrows(() => new TextDecoder('utf-16le', { fatal: true }).decode(little), TypeError);
    } else assertEquals(new TextDecoder('utf-16', { fatal: true }).decode(little), expected);
  }
  checkAllSplits('utf-16le', {}, bytes(0x61), R);
  checkAllSplits('utf-16le', {}, bytes(0x61, 0, 0x62), `a${R}`);
  checkAllSplits('utf-16le', {}, bytes(0x3d, 0xd8, 0x00), R);
  checkAllSplits('utf-16be', {}, bytes(0xd8, 0x3d, 0xde), R);
  assertThrows(() => new TextDecoder('utf-16le', { fatal: true }).decode(bytes(0x61)), TypeError);
});

test('windows-1252 has a character for each byte', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  const text = new TextDecoder('latin1', { fatal: true }).decode(all);
  assertEquals(text.length, 256);
  assertEquals(text.slice(0, 128), String.fromCharCode(...all.subarray(0, 128)));
  assertEquals(text.slice(160), String.fromCharCode(...all.subarray(160)));
  assertEquals(
    text.slice(128, 160),
    '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ',
  );
  checkAllSplits('ascii', {}, bytes(0x41, 0x80, 0xff), 'A€ÿ');
});

test('labels', () => {
  const labels = {
    'utf-8': ['utf-8', 'UTF8', ' utf-8\n', 'unicode-1-1-utf-8', 'unicode11utf8', 'unicode20utf8', 'x-unicode20utf8'],
    'utf-16le': ['utf-16', 'UTF-16LE', 'ucs-2', 'unicode', 'csunicode', 'iso-10646-ucs-2', 'unicodefeff'],
    'utf-16be': ['utf-16be', 'unicodefffe'],
    'windows-1252': ['ascii', 'us-ascii', 'latin1', 'iso-8859-1', 'l1', 'cp1252', 'x-cp1252', 'iso88591', 'ISO_8859-1:1987'],
  };
  for (const name in labels) for (const label of labels[name]) assertEquals(new TextDecoder(label).encoding, name, label);
  for (const label of ['', ' ', 'utf', 'utf-9', 'utf-8 utf8', 'utf-8\u00a0', 'utf-8\0', 'koi8-r', '8', null]) {
    assertThrows(() => new TextDecoder(label), RangeError, 'not supported');
  }
  assertThrows(() => new TextDecoder(' '.repeat(10000) + 'x' + ' '.repeat(10000)), RangeError);
});

test('what can be decoded', () => {
  const decoder = new TextDecoder();
  const buffer = bytes(0x61, 0x62, 0x63, 0x64).buffer;
  assertEquals(decoder.decode(), '');
  assertEquals(decoder.decode(undefined), '');
  assertEquals(decoder.decode(buffer), 'abcd');
  assertEquals(decoder.decode(new Uint8Array(buffer, 1, 2)), 'bc');
  assertEquals(decoder.decode(new Uint16Array(buffer, 2)), 'cd');
  assertEquals(decoder.decode(new DataView(buffer, 1)), 'bcd');
  if (typeof SharedArrayBuffer === 'function') {
    const shared = new SharedArrayBuffer(2);
    new Uint8Array(shared).set([0x78, 0x79]);
    assertEquals(decoder.decode(shared), 'xy');
    assertEquals(decoder.decode(new Uint8Array(shared, 1)), 'y');
  }
  for (const wrong of [null, 1, 'a', {}, [], { length: 1 }]) assertThrows(() => decoder.decode(wrong), TypeError);
  const view = new Uint8Array(buffer);
  buffer.transfer();
  assertEquals(decoder.decode(view), '');
  assertEquals(decoder.decode(buffer), '');
});

test('the input may change between calls', () => {
  const decoder = new TextDecoder();
  const input = bytes(0xe2, 0x82);
  decoder.decode(input, { stream: true });
  input.fill(0x61);
  assertEquals(decoder.decode(bytes(0xac)), '€');
});

test('options', () => {
  const decoder = new TextDecoder('utf8', { fatal: 1, ignoreBOM: 'x' });
  assertEquals([decoder.encoding, decoder.fatal, decoder.ignoreBOM], ['utf-8', true, true]);
  assertEquals(new TextDecoder(undefined, undefined).encoding, 'utf-8');
  assertEquals(new TextDecoder('utf-8', null).fatal, false);
  assertThrows(() => new TextDecoder('utf-8', 1), TypeError);
  assertThrows(() => TextDecoder(), TypeError);
  assertThrows(() => TextDecoder.prototype.encoding, TypeError);
  assertEquals(Object.prototype.toString.call(decoder), '[object TextDecoder]');
});

test('large input', () => {
  const text = 'aé€😀'.repeat(50000);
  const encoded = new TextEncoder().encode(text);
  assertEquals(encoded.length, 500000);
  assert(new TextDecoder().decode(encoded) === text);
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  assert(new TextDecoder('utf-16le').decode(units) === text);
});

test('TextEncoder.encode', () => {
  const encoder = new TextEncoder();
  assertEquals(encoder.encoding, 'utf-8');
  assertEquals(encoder.encode(), bytes());
  assertEquals(encoder.encode(undefined), bytes());
  assertEquals(encoder.encode('a\0é€😀'), bytes(0x61, 0, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80));
  assertEquals(encoder.encode('\ud800'), bytes(0xef, 0xbf, 0xbd));
  assertEquals(encoder.encode('\udc00a\ud800'), bytes(0xef, 0xbf, 0xbd, 0x61, 0xef, 0xbf, 0xbd));
  assertEquals(encoder.encode(12), bytes(0x31, 0x32));
  assertEquals(encoder.encode(null), bytes(0x6e, 0x75, 0x6c, 0x6c));
  assertThrows(() => encoder.encode(Symbol('x')), TypeError);
  assertEquals(encoder.encode('a').constructor, Uint8Array);
});

test('TextEncoder.encodeInto', () => {
  const encoder = new TextEncoder();
  const cases = [
    ['abc', 2, 2, 2],
    ['abc', 5, 3, 3],
    ['', 3, 0, 0],
    ['a', 0, 0, 0],
    ['é', 1, 0, 0],
    ['aé', 2, 1, 1],
    ['€', 2, 0, 0],
    ['€', 3, 1, 3],
    ['😀', 3, 0, 0],
    ['😀', 4, 2, 4],
    ['a😀b', 5, 3, 5],
    ['\ud800', 3, 1, 3],
    ['\ud800', 2, 0, 0],
    ['a\udc00b', 5, 3, 5],
  ];
  for (const [text, room, read, written] of cases) {
    const target = new Uint8Array(room + 2).fill(0x2e);
    const result = encoder.encodeInto(text, target.subarray(1, room + 1));
    assertEquals(result, { read, written }, `${JSON.stringify(text)} into ${room}`);
    assertEquals(target.subarray(1, written + 1), encoder.encode(text.slice(0, read)));
    assert(target[0] === 0x2e && target.subarray(written + 1).every((b) => b === 0x2e), 'nothing else is written');
  }
  for (const wrong of [undefined, null, [], new ArrayBuffer(1), new Uint8ClampedArray(1), new DataView(new ArrayBuffer(1))]) {
    assertThrows(() => encoder.encodeInto('a', wrong), TypeError);
  }
});
