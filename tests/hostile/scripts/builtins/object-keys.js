// The keys of an object with a million properties.
// expect: interrupted
const o = {};
for (let i = 0; i < scale * 1e6; i++) o['k' + i] = i;
print('ready');
for (;;) Object.keys(o);
