// String.raw of huge substitutions, and template strings of them.
// expect: interrupted
const a = 'a'.repeat(scale * 30e6);
print('ready');
for (;;) { String.raw`${a}x${a}`; `${a}${a}`.length; [a, a].join(a).length; }
