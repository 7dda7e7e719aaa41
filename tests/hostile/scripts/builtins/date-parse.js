// Dates in huge strings.
// expect: interrupted
const a = '1 '.repeat(scale * 30e6), b = '('.repeat(scale * 60e6);
print('ready');
for (;;) { Date.parse(a); Date.parse(b); new Date(a); }
