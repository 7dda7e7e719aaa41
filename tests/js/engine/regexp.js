// Regular expressions: what the matcher of 8-bit strings shares with the general one.
import { assert, assertEquals, test } from './../assert.js';

const all = (re, s) => JSON.stringify(re.exec(s));

test('runs end earlier where the rest needs it', () => {
  assertEquals(all(/(a+)(a*)(ab)/, 'xaaaab'), '["aaaab","aaa","","ab"]');
  assertEquals(all(/"([^"]*)"\s*:\s*(\d+)(?!\d)/, '{"key" :  1234}'), '["\\"key\\" :  1234","key","1234"]');
  assertEquals(all(/(?:(a*)b)*c/, 'aabbabc'), '["aabbabc","a"]');
  assertEquals(all(/^(.*)(\w)\.(\S+)$/, 'one.two.three'), '["one.two.three","one.tw","o","three"]');
  assertEquals(all(/(?<=(\d+))x(?=(\w*)1)/, '12xab1'), '["x","12","ab"]');
  assertEquals(all(/(?!a*b)a+|(b+)/, 'aab'), '["b","b"]');
  assertEquals(all(/(x{2,3})(x*?)$/, 'xxxxx'), '["xxxxx","xxx","xx"]');
  assertEquals('a1b22c'.replace(/\d+/g, '<$&>'), 'a<1>b<22>c');
});

test('a failed attempt leaves nothing in the captures of the next', () => {
  assertEquals(all(/(a)?(?:b|(c))d|e/, 'abce'), '["e",null,null]');
  assertEquals(all(/(a)b|(a)c/, 'ac'), '["ac",null,"a"]');
  const sticky = /a+/y;
  assertEquals(sticky.exec('baa'), null);
  sticky.lastIndex = 1;
  assertEquals(sticky.exec('baa')[0], 'aa');
});

test('sets: case, complement, beyond 8 bits', () => {
  assertEquals('éÉkK\u017f\u212a'.match(/[é-ëk]/gi).join(''), 'éÉkK');
  assertEquals('kK\u017f\u212as'.match(/[ks]/giu).join(''), 'kK\u017f\u212as');
  assertEquals('ÿŸ'.match(/[ÿ]/gi).join(''), 'ÿŸ');
  for (let c = 0; c < 256; c++) {
    const s = String.fromCharCode(c);
    assertEquals(/[^\w\s]/.test(s), !(/\w/.test(s) || /\s/.test(s)));
    assertEquals(/[A-Zà]/i.test(s), /[A-Zà]/i.test(`${s}漢`));
    assertEquals(/[^]/.test(s) && !/[]/.test(s), true);
  }
});

test('runs over parts between two polls', () => {
  const part = 'a'.repeat(1 << 20);
  for (const s of [part.slice(1), part, `${part}a`, part + part]) {
    assertEquals(/a+a/.exec(s)[0].length, s.length);
    assertEquals(/(a*)ab/.exec(`${s}b`)[1].length, s.length - 1);
    assertEquals(/[b-z]/.exec(`${s}q`).index, s.length);
    assertEquals(/^a+$/.test(`${s}b`), false);
  }
  assert(!/b/.test(part + part));
});
