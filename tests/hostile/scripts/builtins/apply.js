// Calls with as many arguments as there may be.
// expect: interrupted
const a = new Array(60000).fill(1);
print('ready');
for (;;) try { Math.max.apply(null, a); String.fromCharCode.apply(null, a); } catch { }
