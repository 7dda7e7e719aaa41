// Objects of many properties, frozen.
// expect: interrupted
const o = {};
for (let i = 0; i < scale * 5e5; i++) o['k' + i] = i;
print('ready');
for (;;) { Object.freeze(o); Object.isFrozen(o); }
