// Calls with millions of arguments, which are refused.
// expect: interrupted
const a = new Array(Math.floor(scale * 8e6)).fill(1);
print('ready');
for (;;) try { Math.max.apply(null, a); } catch { }
