// The text of a huge function, and of its classes.
// expect: interrupted
const f = new Function('/*' + '\u00e9'.repeat(scale * 20e6) + '*/');
print('ready');
for (;;) String(f);
