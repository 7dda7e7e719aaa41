// A source of 30 MB is compiled.
// expect: interrupted
const a = '1;'.repeat(scale * 6e6), b = 'x'.repeat(scale * 60e6), c = '/*' + 'x'.repeat(scale * 60e6) + '*/';
print('ready');
for (;;) for (const s of [a, b, c]) try { (0, eval)(s); } catch { }
