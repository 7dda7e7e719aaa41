// The setters of URL, and its live searchParams.
import { assert, assertEquals, assertThrows, test } from './../assert.js';

// [url, attribute, value, href afterwards]
const cases = [
  ['http://h/', 'href', 'https://x/y', 'https://x/y'],
  ['http://h/', 'protocol', 'https', 'https://h/'],
  ['http://h/', 'protocol', 'HTTPS:', 'https://h/'],
  ['http://h/', 'protocol', 'https://foo', 'https://h/'],
  ['http://h/', 'protocol', 'ht\ntps', 'https://h/'],
  ['http://h:443/', 'protocol', 'https', 'https://h/'],
  ['https://h:80/', 'protocol', 'http', 'http://h/'],
  ['http://h/', 'protocol', 'x', 'http://h/'],
  ['x://h/', 'protocol', 'http', 'x://h/'],
  ['x://h/', 'protocol', 'y+1', 'y+1://h/'],
  ['http://h/', 'protocol', '', 'http://h/'],
  ['http://h/', 'protocol', '1x', 'http://h/'],
  ['http://h/', 'protocol', 'a b', 'http://h/'],
  ['http://u@h/', 'protocol', 'file', 'http://u@h/'],
  ['http://h:8/', 'protocol', 'file', 'http://h:8/'],
  ['http://h/', 'protocol', 'file', 'file://h/'],
  ['file:///a', 'protocol', 'http', 'file:///a'],
  ['file://h/a', 'protocol', 'http', 'http://h/a'],
  ['http://h/', 'username', 'me', 'http://me@h/'],
  ['http://u:p@h/', 'username', '', 'http://:p@h/'],
  ['http://h/', 'username', 'a@b:c/é', 'http://a%40b%3Ac%2F%C3%A9@h/'],
  ['file:///a', 'username', 'me', 'file:///a'],
  ['mailto:x', 'username', 'me', 'mailto:x'],
  ['x:///p', 'username', 'me', 'x:///p'],
  ['http://h/', 'password', 'secret', 'http://:secret@h/'],
  ['http://u:p@h/', 'password', '', 'http://u@h/'],
  ['file://h/a', 'password', 'p', 'file://h/a'],
  ['http://h:8/', 'host', 'x', 'http://x:8/'],
  ['http://h:8/', 'host', 'x:9', 'http://x:9/'],
  ['http://h:8/', 'host', 'x:80', 'http://x/'],
  ['http://h:8/', 'host', 'x:', 'http://x:8/'],
  ['http://h:8/', 'host', 'x:y', 'http://x:8/'],
  ['http://h:8/', 'host', 'x:9y', 'http://x:9/'],
  ['http://h:8/', 'host', 'x:99999', 'http://x:8/'],
  ['http://h/', 'host', '[::1]:9', 'http://[::1]:9/'],
  ['http://h/', 'host', 'x/path', 'http://x/'],
  ['http://h/', 'host', 'x\\path', 'http://x/'],
  ['http://h/', 'host', 'x?q', 'http://x/'],
  ['http://h/', 'host', '', 'http://h/'],
  ['http://h/', 'host', ':9', 'http://h/'],
  ['http://h/', 'host', 'a b', 'http://h/'],
  ['http://h/', 'host', '0x7f.1', 'http://127.0.0.1/'],
  ['http://h/', 'host', 'x@y', 'http://h/'],
  ['x://h/', 'host', '', 'x:///'],
  ['x://u@h/', 'host', '', 'x://u@h/'],
  ['x://h:8/', 'host', '', 'x://h:8/'],
  ['x:/a', 'host', 'h', 'x://h/a'],
  ['x:/.//a', 'host', 'h', 'x://h//a'],
  ['mailto:x', 'host', 'h', 'mailto:x'],
  ['file:///a', 'host', 'h', 'file://h/a'],
  ['file:///a', 'host', 'h:8', 'file:///a'],
  ['file://h/a', 'host', 'localhost', 'file:///a'],
  ['file://h/a', 'host', '', 'file:///a'],
  ['http://h:8/', 'hostname', 'x', 'http://x:8/'],
  ['http://h:8/', 'hostname', 'x:9', 'http://h:8/'],
  ['http://h:8/', 'hostname', '[::2]', 'http://[::2]:8/'],
  ['http://h/', 'hostname', '', 'http://h/'],
  ['http://h/', 'hostname', 'EXÄMPLE', 'http://xn--exmple-cua/'],
  ['http://h/', 'port', '81', 'http://h:81/'],
  ['http://h:8/', 'port', '80', 'http://h/'],
  ['http://h:8/', 'port', '', 'http://h/'],
  ['http://h:8/', 'port', '90x', 'http://h:90/'],
  ['http://h:8/', 'port', 'x90', 'http://h:8/'],
  ['http://h:8/', 'port', '65536', 'http://h:8/'],
  ['http://h:8/', 'port', '-9', 'http://h:8/'],
  ['http://h:8/', 'port', ' 9', 'http://h:8/'],
  ['http://h:8/', 'port', '\t9', 'http://h:9/'],
  ['http://h:8/', 'port', '0009', 'http://h:9/'],
  ['http://h/', 'port', 8080, 'http://h:8080/'],
  ['http://h/', 'port', 8080.5, 'http://h:8080/'],
  ['file://h/', 'port', '8', 'file://h/'],
  ['x:///', 'port', '8', 'x:///'],
  ['http://h/a', 'pathname', 'b/c', 'http://h/b/c'],
  ['http://h/a', 'pathname', '/b/../c', 'http://h/c'],
  ['http://h/a', 'pathname', '', 'http://h/'],
  ['http://h/a', 'pathname', '?#', 'http://h/%3F%23'],
  ['http://h/a', 'pathname', '\\b', 'http://h/b'],
  ['http://h/a', 'pathname', ' é', 'http://h/%20%C3%A9'],
  ['x://h/a', 'pathname', '\\b', 'x://h/\\b'],
  ['x://h/a', 'pathname', '', 'x://h'],
  ['x:/a', 'pathname', '', 'x:/'],
  ['x:/a', 'pathname', '//b', 'x:/.//b'],
  ['mailto:x', 'pathname', 'y', 'mailto:x'],
  ['file:///a', 'pathname', 'C|/x', 'file:///C:/x'],
  ['http://h/?a', 'search', 'b', 'http://h/?b'],
  ['http://h/?a', 'search', '?b#', 'http://h/?b%23'],
  ['http://h/?a#f', 'search', '', 'http://h/#f'],
  ['http://h/?a', 'search', '?', 'http://h/?'],
  ['http://h/', 'search', '??', 'http://h/??'],
  ['http://h/', 'search', "é '", 'http://h/?%C3%A9%20%27'],
  ['x:o', 'search', 'q', 'x:o?q'],
  ['http://h/#a', 'hash', 'b', 'http://h/#b'],
  ['http://h/#a', 'hash', '#b#', 'http://h/#b#'],
  ['http://h/#a', 'hash', '', 'http://h/'],
  ['http://h/', 'hash', '#', 'http://h/#'],
  ['http://h/', 'hash', 'é `', 'http://h/#%C3%A9%20%60'],
  ['x:o', 'hash', 'f', 'x:o#f'],
];

test(`set attributes: a table of ${cases.length}`, () => {
  for (const [input, attribute, value, expected] of cases) {
    const url = new URL(input);
    url[attribute] = value;
    assertEquals(url.href, expected, `${input} ${attribute} = ${JSON.stringify(value)}`);
  }
});

test('a wrong href throws and changes nothing', () => {
  const url = new URL('http://h/?a=1');
  const params = url.searchParams;
  assertThrows(() => (url.href = 'nonsense'), TypeError, 'Invalid URL');
  assertEquals([url.href, params.get('a')], ['http://h/?a=1', '1']);
});

test('origin and searchParams cannot be set', () => {
  const url = new URL('http://h/');
  assertThrows(() => (url.origin = 'x'), TypeError);
  assertThrows(() => (url.searchParams = 'x'), TypeError);
});

test('searchParams follows the URL', () => {
  const url = new URL('http://h/?a=1&b=2');
  const params = url.searchParams;
  assert(url.searchParams === params, 'it is always the same object');
  url.search = '?c=3';
  assertEquals([...params], [['c', '3']]);
  url.href = 'http://x/?d=4';
  assertEquals([...params], [['d', '4']]);
  url.search = '';
  assertEquals([...params], []);
  url.hash = 'f';
  assertEquals([...params], []);
});

test('the URL follows searchParams', () => {
  const url = new URL('http://h/?a=1#f');
  const params = url.searchParams;
  params.append('b', 'x y');
  assertEquals(url.href, 'http://h/?a=1&b=x+y#f');
  params.set('a', '~é');
  assertEquals(url.search, '?a=%7E%C3%A9&b=x+y');
  params.delete('b');
  assertEquals(url.search, '?a=%7E%C3%A9');
  params.append('A', '0');
  params.sort();
  assertEquals(url.search, '?A=0&a=%7E%C3%A9');
  params.delete('a');
  params.delete('A');
  assertEquals(url.href, 'http://h/#f');
});

test('reading searchParams does not rewrite the query', () => {
  const url = new URL("http://h/?a=~&b='%20");
  assertEquals(url.searchParams.get('b'), "' ");
  assertEquals(url.href, 'http://h/?a=~&b=%27%20');
});
