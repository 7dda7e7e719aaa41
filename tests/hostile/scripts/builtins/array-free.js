// Arrays of many objects, thrown away at once.
// expect: interrupted
print('ready');
for (;;) { const a = []; for (let i = 0; i < scale * 1e6; i++) a.push({}); }
