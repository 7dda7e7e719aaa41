// URLs of millions of characters.
// expect: interrupted
const a = 'http://a/' + 'x/../'.repeat(scale * 2e6), b = 'http://' + 'a.'.repeat(scale * 1e6), c = 'http://a/?' + 'a=b&'.repeat(scale * 1e6), d = 'http://a/' + '\u00e9'.repeat(scale * 3e6);
print('ready');
for (;;) for (const s of [a, b, c, d]) try { new URL(s).searchParams.get('z'); } catch { }
