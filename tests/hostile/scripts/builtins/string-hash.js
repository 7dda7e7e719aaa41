// Huge strings as keys of objects and maps.
// expect: interrupted
const a = 'a'.repeat(scale * 60e6);
let n = 0;
print('ready');
for (const m = new Map(), o = {}; ; n++) { const s = a + n; m.has(s); s in o; m.has(a); }
