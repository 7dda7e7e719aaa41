// Huge arrays, frozen.
// expect: interrupted
print('ready');
for (;;) Object.freeze(new Array(Math.floor(scale * 1e6)).fill(1));
