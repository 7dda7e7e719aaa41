// Expressions of many classes, sets and alternatives are compiled.
// expect: interrupted
const a = '[a-z]'.repeat(scale * 1e6), b = '(a|b)'.repeat(200), c = '[' + 'a-c\\w\\d'.repeat(scale * 1e5) + ']', d = '\\p{L}'.repeat(scale * 2e3);
print('ready');
for (;;) for (const x of [a, b, c, d]) for (const f of ['', 'u', 'v', 'iu']) try { new RegExp(x, f); } catch { }
