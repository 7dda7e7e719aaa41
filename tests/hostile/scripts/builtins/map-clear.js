// A huge map, cleared.
// expect: interrupted
print('ready');
for (;;) { const m = new Map(); for (let i = 0; i < scale * 1.5e6; i++) m.set(i, {}); m.clear(); }
