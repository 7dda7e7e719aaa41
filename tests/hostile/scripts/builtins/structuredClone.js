// A clone of a huge graph.
// expect: interrupted
const a = [];
for (let i = 0; i < scale * 2e5; i++) a.push({ i, s: 'text' });
print('ready');
for (;;) structuredClone(a);
