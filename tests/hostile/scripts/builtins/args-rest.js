// Rest and spread of many arguments.
// expect: interrupted
const a = new Array(50000).fill(1);
const f = (...r) => r.length;
print('ready');
for (;;) try { f(...a, ...a); } catch { f(...a.slice(0, 5000)); }
