// The keys of a huge array.
// expect: interrupted
const a = new Array(Math.floor(scale * 1.5e6)).fill(1);
print('ready');
for (;;) { Object.keys(a); Reflect.ownKeys(a); }
