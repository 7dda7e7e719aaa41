// A huge array is cut and filled.
// expect: interrupted
print('ready');
for (;;) { const a = new Array(Math.floor(scale * 8e6)).fill(1); a.length = 0; }
