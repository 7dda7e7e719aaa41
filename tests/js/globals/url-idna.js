// Internationalised domain names in URLs.
import { assertEquals, test } from './../assert.js';

function host(name) {
  return URL.parse(`https://${name}/`)?.host ?? null;
}

const cases = [
  // Punycode.
  ['münchen.de', 'xn--mnchen-3ya.de'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['日本語.jp', 'xn--wgv71a119e.jp'],
  ['例え.テスト', 'xn--r8jz45g.xn--zckzah'],
  ['испытание', 'xn--80akhbyknj4f'],
  ['😀.com', 'xn--e28h.com'],
  ['a😀b', 'xn--ab-no82a'],
  ['ü', 'xn--tda'],
  ['ünö', 'xn--n-1gaq'],
  // Mapping.
  ['MÜNCHEN.DE', 'xn--mnchen-3ya.de'],
  ['mu\u0308nchen.de', 'xn--mnchen-3ya.de'],
  ['faß.de', 'xn--fa-hia.de'],
  ['FAẞ.de', 'xn--fa-hia.de'],
  ['ΣΊΣΥΦΟΣ.gr', 'xn--kxa6akbbkh.gr'],
  ['σίσυφος.gr', 'xn--kxa6ajbbmh.gr'],
  ['ｅｘａｍｐｌｅ.com', 'example.com'],
  ['①②③.com', '123.com'],
  ['ℂ.com', 'c.com'],
  ['ﬁ.com', 'fi.com'],
  ['a\u00adb.com', 'ab.com'],
  ['a\u200bb.com', 'ab.com'],
  ['İ.com', 'xn--i-9bb.com'],
  // Dots.
  ['a。b', 'a.b'],
  ['a．b', 'a.b'],
  ['a｡b', 'a.b'],
  ['a…b', null],
  ['⒈.com', null],
  // ASCII is passed on, with or without valid Punycode.
  ['xn--mnchen-3ya.de', 'xn--mnchen-3ya.de'],
  ['XN--MNCHEN-3YA.de', 'xn--mnchen-3ya.de'],
  ['xn--', 'xn--'],
  ['xn--a', 'xn--a'],
  ['ü.xn--mnchen-3ya', 'xn--tda.xn--mnchen-3ya'],
  // Next to other labels it has to be valid.
  ['ü.xn--', null],
  ['ü.xn--a', null],
  ['ü.xn--a-', null],
  ['ü.xn--99999999', null],
  ['ü.xn--ü', null],
  // Not allowed.
  ['\u0301a.com', null],
  ['a\u0000ü.com', null],
  ['ü\u2028.com', null],
  ['ü\ufffd.com', null],
  ['ü\ue000.com', null],
  ['ü\u0378.com', null],
  ['ü\u202e.com', null],
  ['\u00ad', null],
  // Numbers after mapping.
  ['１.２.３.４', '1.2.3.4'],
  ['１２７.1', '127.0.0.1'],
  ['０x７f.1', '127.0.0.1'],
  ['%E2%91%A0.2.3.4', '1.2.3.4'],
  // Forbidden characters after mapping.
  ['a／b', null],
  ['a％41', null],
  ['a＠b', null],
  ['a：80', null],
  // Joiners and directions.
  ['क\u094d\u200dष', 'xn--11b2ezcw70k'],
  ['a\u200db', null],
  ['a\u200cb', null],
  ['שלום.com', 'xn--9dbne9b.com'],
  ['aש', null],
  ['שa', null],
  ['مثال.إختبار', 'xn--mgbh0fb.xn--kgbechtv'],
];

test(`map a table of ${cases.length} names`, () => {
  for (const [name, expected] of cases) assertEquals(host(name), expected, JSON.stringify(name));
});

test('names that are too long to be looked up are refused quickly', () => {
  assertEquals(host('ü'.repeat(2000)), null);
  assertEquals(host('\u094d\u200d'.repeat(5000)), null);
  assertEquals(host(`ü.xn--${'9'.repeat(100000)}`), null);
});
