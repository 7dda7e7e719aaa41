// Two long ASCII strings, put in order.
// expect: interrupted
const a = 'a'.repeat(scale * 8e6), b = 'a'.repeat(scale * 8e6);
print('ready');
for (;;) a.localeCompare(b);
