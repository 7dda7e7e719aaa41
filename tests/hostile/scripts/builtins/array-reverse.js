// An array of 200 MB, turned around.
// expect: interrupted
const a = new Array(Math.floor(scale * 9e6)).fill(1);
print('ready');
for (;;) a.reverse();
