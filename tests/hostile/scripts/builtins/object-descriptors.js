// The descriptors of an object with many properties.
// expect: interrupted
const o = {};
for (let i = 0; i < scale * 2e5; i++) o['k' + i] = i;
print('ready');
for (;;) Object.getOwnPropertyDescriptors(o);
