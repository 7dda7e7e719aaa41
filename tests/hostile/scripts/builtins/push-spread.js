// Millions of arguments by spreading, which are refused.
// expect: interrupted
const a = new Array(Math.floor(scale * 4e6)).fill(1);
print('ready');
for (;;) try { [].push(...a); } catch { }
