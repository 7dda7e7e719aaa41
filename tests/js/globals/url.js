// URL parsing and serialising: https://url.spec.whatwg.org/
import { assert, assertEquals, assertThrows, test } from './../assert.js';

// [input, base or null, href or null for failure]
const cases = [
  // Plain ones, which take the fast path, and what only looks like them.
  ['http://localhost', null, 'http://localhost/'],
  ['http://localhost:8080/a/b?c=d', null, 'http://localhost:8080/a/b?c=d'],
  ['https://a-b.example.com/x/y/z?q=1&r=%20#frag', null, 'https://a-b.example.com/x/y/z?q=1&r=%20#frag'],
  ['ws://h?q', null, 'ws://h/?q'],
  ['wss://h#f', null, 'wss://h/#f'],
  ['http://127.0.0.1:3000/', null, 'http://127.0.0.1:3000/'],
  ['http://h:80/', null, 'http://h/'],
  ['https://h:443/', null, 'https://h/'],
  ['http://h:443/', null, 'http://h:443/'],
  ['http://h:65535/', null, 'http://h:65535/'],
  ['http://h:65536/', null, null],
  ['http://h:0/', null, 'http://h:0/'],
  ['http://h:00080/', null, 'http://h/'],
  ['http://h:/', null, 'http://h/'],
  ['http://h:8a/', null, null],
  ['http://h:-1/', null, null],
  ['http://h/?', null, 'http://h/?'],
  ['http://h/#', null, 'http://h/#'],
  ['http://h?#', null, 'http://h/?#'],
  ['http://h/a/./b', null, 'http://h/a/b'],
  ['http://h/a/../b', null, 'http://h/b'],
  ['http://h/..', null, 'http://h/'],
  ['http://h/a/..', null, 'http://h/'],
  ['http://h/a/.', null, 'http://h/a/'],
  ['http://h/a/%2e%2E/b', null, 'http://h/b'],
  ['http://h/.%2e/b', null, 'http://h/b'],
  ['http://h/%2e./b', null, 'http://h/b'],
  ['http://h/a/%2e', null, 'http://h/a/'],
  ['http://h/...', null, 'http://h/...'],
  ['http://h/.a/..b', null, 'http://h/.a/..b'],
  ['http://h/%2f%5c', null, 'http://h/%2f%5c'],
  ['http://h//a//b//', null, 'http://h//a//b//'],
  ['http://h/a|b~c', null, 'http://h/a|b~c'],
  ['http://h/[x]', null, 'http://h/[x]'],
  ["http://h/'()*!$&+,;=:@", null, "http://h/'()*!$&+,;=:@"],
  ['http://h/%', null, 'http://h/%'],
  ['http://h/%zz', null, 'http://h/%zz'],
  // Case, white space and control characters.
  ['HTTP://EXAMPLE.com/Path', null, 'http://example.com/Path'],
  ['  http://h/  ', null, 'http://h/'],
  ['\u0000\u001f http://h/ \u0001', null, 'http://h/'],
  ['ht\ntp://h\t/a\r\nb', null, 'http://h/ab'],
  ['http://h/a b', null, 'http://h/a%20b'],
  ['http://h/a\u0000b', null, 'http://h/a%00b'],
  ['http://h/\u007f', null, 'http://h/%7F'],
  ['http://a b/', null, null],
  ['http://a\u0000b/', null, null],
  // Percent-encode sets.
  ['http://h/"<>`{}^', null, 'http://h/%22%3C%3E%60%7B%7D%5E'],
  ['http://h/?"<>`{}^\'', null, 'http://h/?%22%3C%3E`{}^%27'],
  ["x://h/?'", null, "x://h/?'"],
  ['http://h/#"<>`{}^', null, 'http://h/#%22%3C%3E%60{}^'],
  ['http://h/é', null, 'http://h/%C3%A9'],
  ['http://h/?é', null, 'http://h/?%C3%A9'],
  ['http://h/#é', null, 'http://h/#%C3%A9'],
  ['http://h/😀', null, 'http://h/%F0%9F%98%80'],
  ['http://h/\ud800', null, 'http://h/%EF%BF%BD'],
  ['http://h/\udc00\ud800x', null, 'http://h/%EF%BF%BD%EF%BF%BDx'],
  // Credentials.
  ['http://u@h/', null, 'http://u@h/'],
  ['http://u:p@h/', null, 'http://u:p@h/'],
  ['http://u:@h/', null, 'http://u@h/'],
  ['http://:p@h/', null, 'http://:p@h/'],
  ['http://@h/', null, 'http://h/'],
  ['http://:@h/', null, 'http://h/'],
  ['http://a@b@c/', null, 'http://a%40b@c/'],
  ['http://a:b:c@h/', null, 'http://a:b%3Ac@h/'],
  ['http://u;=|^[]@h/', null, 'http://u%3B%3D%7C%5E%5B%5D@h/'],
  ['http://ü:é@h/', null, 'http://%C3%BC:%C3%A9@h/'],
  ['http://u@/', null, null],
  ['http://u:p@:80/', null, null],
  ['http://u@h@', null, null],
  // Slashes and backslashes.
  ['http:h', null, 'http://h/'],
  ['http:/h', null, 'http://h/'],
  ['http:////h', null, 'http://h/'],
  ['http:\\\\h\\p', null, 'http://h/p'],
  ['http://h\\@x', null, 'http://h/@x'],
  ['x:\\\\h\\p', null, 'x:\\\\h\\p'],
  ['x://h\\p', null, null],
  ['http://', null, null],
  ['http:', null, null],
  ['http:///', null, null],
  ['https://?q', null, null],
  // Schemes.
  ['', null, null],
  ['a', null, null],
  ['//h', null, null],
  [':', null, null],
  ['1a:b', null, null],
  ['a1+-.:b', null, 'a1+-.:b'],
  ['ä:b', null, null],
  ['a b:c', null, null],
  // IPv4.
  ['http://1.2.3.4/', null, 'http://1.2.3.4/'],
  ['http://1.2.3.4./', null, 'http://1.2.3.4/'],
  ['http://0x7f.1/', null, 'http://127.0.0.1/'],
  ['http://0177.0.0.01/', null, 'http://127.0.0.1/'],
  ['http://2130706433/', null, 'http://127.0.0.1/'],
  ['http://4294967295/', null, 'http://255.255.255.255/'],
  ['http://4294967296/', null, null],
  ['http://1.16777215/', null, 'http://1.255.255.255/'],
  ['http://1.16777216/', null, null],
  ['http://1.2.65535/', null, 'http://1.2.255.255/'],
  ['http://1.2.65536/', null, null],
  ['http://256.1.1.1/', null, null],
  ['http://1.1.1.256/', null, null],
  ['http://1.2.3.4.5/', null, null],
  ['http://1.2.3.08/', null, null],
  ['http://0x/', null, 'http://0.0.0.0/'],
  ['http://0X0a.0/', null, 'http://10.0.0.0/'],
  ['http://0xg/', null, 'http://0xg/'],
  ['http://1.0xg/', null, 'http://1.0xg/'],
  ['http://x.1/', null, null],
  ['http://1e2/', null, 'http://1e2/'],
  ['http://1..2/', null, null],
  ['http://1.2.3.4a/', null, 'http://1.2.3.4a/'],
  ['http://１.２.3.4/', null, 'http://1.2.3.4/'],
  ['http://％31.2.3.4/', null, null],
  ['http://%31%32/', null, 'http://0.0.0.12/'],
  ['http://099999999999999999999/', null, null],
  ['x://1.2.3.400/', null, 'x://1.2.3.400/'],
  // IPv6.
  ['http://[::]/', null, 'http://[::]/'],
  ['http://[::1]:8080/', null, 'http://[::1]:8080/'],
  ['http://[1:2:3:4:5:6:7:8]/', null, 'http://[1:2:3:4:5:6:7:8]/'],
  ['http://[1:0:0:4:0:0:0:8]/', null, 'http://[1:0:0:4::8]/'],
  ['http://[0:0:3:4:5:6:0:0]/', null, 'http://[::3:4:5:6:0:0]/'],
  ['http://[1:0:3:0:5:0:7:0]/', null, 'http://[1:0:3:0:5:0:7:0]/'],
  ['http://[2001:DB8::00AB]/', null, 'http://[2001:db8::ab]/'],
  ['http://[::ffff:1.2.3.4]/', null, 'http://[::ffff:102:304]/'],
  ['http://[1:2:3:4:5:6:1.2.3.4]/', null, 'http://[1:2:3:4:5:6:102:304]/'],
  ['http://[1:2:3:4:5:6:7::]/', null, 'http://[1:2:3:4:5:6:7:0]/'],
  ['http://[::2:3:4:5:6:7:8]/', null, 'http://[0:2:3:4:5:6:7:8]/'],
  ['x://[::1]/', null, 'x://[::1]/'],
  ['http://[1:2:3:4:5:6:7:1.2.3.4]/', null, null],
  ['http://[::1.2.3]/', null, null],
  ['http://[::1.2.3.256]/', null, null],
  ['http://[::01.2.3.4]/', null, null],
  ['http://[::1.2.3.4:5]/', null, null],
  ['http://[1.2.3.4::]/', null, null],
  ['http://[1:2:3]/', null, null],
  ['http://[1:2:3:4:5:6:7:8:9]/', null, null],
  ['http://[1::2::3]/', null, null],
  ['http://[:::]/', null, null],
  ['http://[:1]/', null, null],
  ['http://[1:]/', null, null],
  ['http://[12345::]/', null, null],
  ['http://[g::]/', null, null],
  ['http://[::1%25eth0]/', null, null],
  ['http://[]/', null, null],
  ['http://[::1/', null, null],
  ['http://::1]/', null, null],
  ['http://[::1]x/', null, null],
  // Hosts.
  ['http://a.b./', null, 'http://a.b./'],
  ['http://a..b/', null, 'http://a..b/'],
  ['http://./', null, 'http://./'],
  ['http://a_b-/', null, 'http://a_b-/'],
  ['http://ex%41mple.com/', null, 'http://example.com/'],
  ['http://a%2fb/', null, null],
  ['http://a%/', null, null],
  ['http://a%00/', null, null],
  ['http://a<b/', null, null],
  ['http://a^b/', null, null],
  ['http://a|b/', null, null],
  ['http://a"b/', null, 'http://a"b/'],
  ['http://{}`/', null, 'http://{}`/'],
  ['x://A%41 b/', null, null],
  ['x://A%41é/', null, 'x://A%41%C3%A9/'],
  ['x://a^b/', null, null],
  ['x://a"b/', null, 'x://a"b/'],
  // Other schemes.
  ['x:', null, 'x:'],
  ['x:a/b/../c?q#f', null, 'x:a/b/../c?q#f'],
  ['x:/a/../b', null, 'x:/b'],
  ['x:/..//a', null, 'x:/.//a'],
  ['x:/.//a', null, 'x:/.//a'],
  ['x://', null, 'x://'],
  ['x:///p', null, 'x:///p'],
  ['x://h', null, 'x://h'],
  ['x://h?q', null, 'x://h?q'],
  ['x://h:80/', null, 'x://h:80/'],
  ['x://:80/', null, null],
  ['x://u@/', null, null],
  ['x:a b', null, 'x:a b'],
  ['x:a  ?q', null, 'x:a %20?q'],
  ['x:a #f', null, 'x:a%20#f'],
  ['x:\u0001é"<', null, 'x:%01%C3%A9"<'],
  ['mailto:a@b.c', null, 'mailto:a@b.c'],
  ['data:text/plain,hi there', null, 'data:text/plain,hi there'],
  ['javascript:alert(1)', null, 'javascript:alert(1)'],
  // File.
  ['file:///a/b', null, 'file:///a/b'],
  ['file:a', null, 'file:///a'],
  ['file:', null, 'file:///'],
  ['file:/a', null, 'file:///a'],
  ['file://h/a', null, 'file://h/a'],
  ['file://localhost/a', null, 'file:///a'],
  ['file://LOCALHOST', null, 'file:///'],
  ['file:///C|/x', null, 'file:///C:/x'],
  ['file:///C:/..', null, 'file:///C:/'],
  ['file:///C:/../../x', null, 'file:///C:/x'],
  ['file://C:/x', null, 'file:///C:/x'],
  ['file:c:\\a\\b', null, 'file:///c:/a/b'],
  ['file:///ab|/x', null, 'file:///ab|/x'],
  ['file:////h', null, 'file:////h'],
  ['file://h:80/', null, null],
  ['file://a b/', null, null],
  ['file:#f', null, 'file:///#f'],
  // Relative to http.
  ['', 'http://u:p@h:8/a/b?q#f', 'http://u:p@h:8/a/b?q'],
  ['#x', 'http://h/a/b?q#f', 'http://h/a/b?q#x'],
  ['?x', 'http://h/a/b?q#f', 'http://h/a/b?x'],
  ['?', 'http://h/a/b?q#f', 'http://h/a/b?'],
  ['c', 'http://h/a/b?q#f', 'http://h/a/c'],
  ['/c', 'http://u@h:8/a/b', 'http://u@h:8/c'],
  ['\\c', 'http://h/a/b', 'http://h/c'],
  ['//x/c', 'http://u@h:8/a/b', 'http://x/c'],
  ['/\\x', 'http://h/a', 'http://x/'],
  ['///x', 'http://h/a', 'http://x/'],
  ['.', 'http://h/a/b', 'http://h/a/'],
  ['..', 'http://h/a/b/c', 'http://h/a/'],
  ['../../../x', 'http://h/a/b', 'http://h/x'],
  ['./x:y', 'http://h/a/b', 'http://h/a/x:y'],
  ['x:y', 'http://h/a/b', 'x:y'],
  ['http:c', 'http://h/a/b', 'http://h/a/c'],
  ['http:/c', 'http://h/a/b', 'http://h/c'],
  ['https:c', 'http://h/a/b', 'https://c/'],
  ['http:?x', 'http://h/a/b?q', 'http://h/a/b?x'],
  ['HTTP:c', 'http://h/a/b', 'http://h/a/c'],
  ['//', 'http://h/a', null],
  ['//u@', 'http://h/a', null],
  ['a?b#c?d', 'http://h/', 'http://h/a?b#c?d'],
  [' c ', 'http://h/a/b', 'http://h/a/c'],
  // Relative to others.
  ['c', 'x://h/a/b', 'x://h/a/c'],
  ['c', 'x://h', 'x://h/c'],
  ['/c', 'x://h', 'x://h/c'],
  ['//y', 'x://h/a', 'x://y'],
  ['\\c', 'x://h/a/b', 'x://h/a/\\c'],
  ['..', 'x:/a/b/c', 'x:/a/'],
  ['', 'x://h?q', 'x://h?q'],
  ['c', 'x:opaque', null],
  ['?q', 'x:opaque', null],
  ['', 'x:opaque', null],
  ['#f', 'x:opaque?q', 'x:opaque?q#f'],
  ['c', 'file:///a/b', 'file:///a/c'],
  ['/c', 'file://h/a/b', 'file://h/c'],
  ['//x/c', 'file://h/a/b', 'file://x/c'],
  ['?q', 'file:///a/b?r', 'file:///a/b?q'],
  ['', 'file:///a/b?r#s', 'file:///a/b?r'],
  ['/c', 'file:///C:/a', 'file:///C:/c'],
  ['D|/c', 'file:///C:/a', 'file:///D:/c'],
  ['..', 'file:///C:/a', 'file:///C:/'],
  ['file:c', 'http://h/a', 'file:///c'],
  ['c', 'nonsense', null],
];

function href(input, base) {
  try {
    return (base === null ? new URL(input) : new URL(input, base)).href;
  } catch (error) {
    assert(error instanceof TypeError, `${error}`);
    return null;
  }
}

test(`parse a table of ${cases.length} URLs`, () => {
  for (const [input, base, expected] of cases) {
    const what = `${JSON.stringify(input)} against ${base}`;
    assertEquals(href(input, base), expected, what);
    assertEquals(base === null ? URL.canParse(input) : URL.canParse(input, base), expected !== null, what);
    const parsed = base === null ? URL.parse(input) : URL.parse(input, base);
    assertEquals(parsed === null ? null : parsed.href, expected, what);
  }
});

test('a serialised URL parses to itself', () => {
  for (const [, , expected] of cases) if (expected !== null) assertEquals(href(expected, null), expected);
});

test('components', () => {
  const url = new URL('https://user:pa%20ss@Sub.Example.COM:8443/p/a/t/h?query=string#hash');
  assertEquals(url.protocol, 'https:');
  assertEquals(url.username, 'user');
  assertEquals(url.password, 'pa%20ss');
  assertEquals(url.host, 'sub.example.com:8443');
  assertEquals(url.hostname, 'sub.example.com');
  assertEquals(url.port, '8443');
  assertEquals(url.pathname, '/p/a/t/h');
  assertEquals(url.search, '?query=string');
  assertEquals(url.hash, '#hash');
  assertEquals(url.origin, 'https://sub.example.com:8443');
  assertEquals(String(url), url.href);
  assertEquals(JSON.stringify({ url }), `{"url":"${url.href}"}`);
});

test('empty query and fragment are kept in href but not shown', () => {
  const url = new URL('http://h/?#');
  assertEquals([url.href, url.search, url.hash], ['http://h/?#', '', '']);
});

test('origins', () => {
  const origins = {
    'http://h:80/': 'http://h',
    'ws://h:81/': 'ws://h:81',
    'ftp://h/': 'ftp://h',
    'file:///a': 'null',
    'x://h': 'null',
    'mailto:a': 'null',
    'blob:https://a.b:1/id': 'https://a.b:1',
    'blob:ftp://h/id': 'null',
    'blob:nonsense': 'null',
  };
  for (const input in origins) assertEquals(new URL(input).origin, origins[input], input);
});

test('errors are TypeErrors that carry the input', () => {
  const error = assertThrows(() => new URL('nonsense'), TypeError, 'Invalid URL');
  assertEquals([error.code, error.input], ['ERR_INVALID_URL', 'nonsense']);
  assertThrows(() => new URL(), TypeError);
  assertThrows(() => URL.canParse(), TypeError);
  assertThrows(() => URL.parse(), TypeError);
  assertThrows(() => URL('http://h'), TypeError);
  assertThrows(() => new URL(Symbol('x')), TypeError);
});

test('arguments are converted to strings', () => {
  assertEquals(new URL({ toString: () => 'http://h/x' }).href, 'http://h/x');
  assertEquals(new URL('a', new URL('http://h/b/c')).href, 'http://h/b/a');
  assertEquals(new URL(undefined, 'http://h/').href, 'http://h/undefined');
  assertEquals(new URL('a', undefined ?? 'http://h').href, 'http://h/a');
  assertThrows(() => new URL('http://h', null), TypeError);
});

test('a base is not changed by what is resolved against it', () => {
  const base = 'http://h/a/b?q#f';
  new URL('c', base).pathname = '/changed';
  new URL('', base).search = '';
  assertEquals(new URL('', base).href, 'http://h/a/b?q');
});

test('long and deep URLs take reasonable time', () => {
  const long = 'a'.repeat(200000);
  assertEquals(new URL(`http://h/${long}`).pathname.length, long.length + 1);
  assertEquals(new URL(`http://h/?${long}`).search.length, long.length + 1);
  assertEquals(new URL(`http://h/${'../'.repeat(20000)}x`).pathname, '/x');
  assertEquals(new URL(`http://h/${' '.repeat(20000)}x`).pathname.length, 60002);
  assertEquals(new URL(`http://${'@'.repeat(20000)}h/`).host, 'h');
  assertEquals(URL.canParse(`http://[${':'.repeat(20000)}]/`), false);
  assertEquals(URL.canParse(`http://h:${'0'.repeat(100000)}80/`), true);
  assertEquals(URL.canParse(`${'a'.repeat(100000)}`), false);
  assertEquals(new URL(`http://${'a.'.repeat(10000)}com/`).hostname.length, 20003);
});

test('the class looks as WebIDL says', () => {
  assertEquals(Object.prototype.toString.call(new URL('http://h')), '[object URL]');
  const enumerable = Object.keys(URL.prototype);
  for (const key of ['href', 'origin', 'searchParams', 'toString', 'toJSON']) assert(enumerable.includes(key), key);
  assertEquals(Object.keys(new URL('http://h')), []);
  assertThrows(() => URL.prototype.href, TypeError);
  assertThrows(() => Object.create(URL.prototype).href, TypeError);
});
