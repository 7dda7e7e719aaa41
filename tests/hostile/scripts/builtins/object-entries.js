// The entries of an object with many properties.
// expect: interrupted
const o = {};
for (let i = 0; i < scale * 5e5; i++) o['k' + i] = i;
print('ready');
for (;;) { Object.entries(o); Object.values(o); }
