// Huge strings on the console.
// expect: interrupted
const a = 'a'.repeat(scale * 60e6);
print('ready');
for (;;) { console.log(a); print(a); console.error('%s', a); }
