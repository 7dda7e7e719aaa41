// Sources that are one literal: an array, an object, a string, a template.
// expect: interrupted
const a = '[' + '1,'.repeat(scale * 2e6) + ']', b = '`' + 'x'.repeat(scale * 60e6) + '`', c = '({' + 'a:1,'.repeat(scale * 1e6) + '})';
print('ready');
for (;;) for (const s of [a, b, c]) (0, eval)(s);
