// All matches in a long string.
// expect: interrupted
const a = 'ab'.repeat(scale * 1e6);
print('ready');
for (;;) { a.match(/a/g); [...a.matchAll(/a/g)]; a.search(/c/); a.split(/a/); }
