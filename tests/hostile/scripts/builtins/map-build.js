// Maps and sets with a million entries, made of arrays.
// expect: interrupted
const a = Array.from({ length: Math.floor(scale * 8e5) }, (_, i) => [i, i]);
print('ready');
for (;;) { new Map(a); }
