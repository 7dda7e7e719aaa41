// Millions of parameters of a query.
// expect: interrupted
const p = new URLSearchParams('a=b&'.repeat(scale * 3e5));
print('ready');
for (;;) { p.toString(); p.sort(); p.getAll('a'); }
