// The collector has to walk a huge graph, again and again.
// expect: interrupted
globalThis.all = [];
for (let i = 0; i < scale * 1e6; i++) all.push({ i, all });
print('ready');
for (;;) { const o = { p: { } }; o.p.o = o; }
