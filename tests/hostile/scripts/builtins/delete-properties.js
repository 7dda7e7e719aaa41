// Properties come and go in an object that has many.
// expect: interrupted
const o = {};
for (let i = 0; i < scale * 5e5; i++) o['k' + i] = i;
print('ready');
for (let i = 0; ; i++) { delete o['k' + i]; o['n' + i] = i; }
