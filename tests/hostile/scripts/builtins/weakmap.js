// A weak map of many keys that all go at once.
// expect: interrupted
print('ready');
for (;;) { const m = new WeakMap(), keys = []; for (let i = 0; i < scale * 5e5; i++) { const k = {}; keys.push(k); m.set(k, i); } }
