// for-in over objects of many properties.
// expect: interrupted
const o = {};
for (let i = 0; i < scale * 5e5; i++) o['k' + i] = i;
print('ready');
for (;;) for (const k in o) break;
