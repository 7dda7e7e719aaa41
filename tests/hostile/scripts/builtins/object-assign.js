// An object of many properties, copied.
// expect: interrupted
const o = {};
for (let i = 0; i < scale * 3e5; i++) o['k' + i] = i;
print('ready');
for (;;) { Object.assign({}, o); ({ ...o }); }
