// Elements of a huge array, joined.
// expect: interrupted
const a = new Array(Math.floor(scale * 5e6)).fill('abc');
print('ready');
for (;;) a.join();
