// Properties come and go in an object that has many.
// expect: interrupted
const o = {}, n = Math.floor(scale * 5e5);
for (let i = 0; i < n; i++) o['k' + i] = i;
print('ready');
for (let i = 0; ; i++) { delete o['k' + i]; o['k' + (i + n)] = i; }
