// JSON of millions of numbers, objects and strings.
// expect: interrupted
const a = '[' + '{"a":1},'.repeat(scale * 1e6) + '1]', b = JSON.stringify('\u00e9\n'.repeat(scale * 5e6)), c = '[' + '123.5,'.repeat(scale * 3e6) + '1]';
print('ready');
for (;;) { JSON.parse(a); JSON.parse(b); JSON.parse(c); }
