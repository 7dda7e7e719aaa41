// A wide string in upper case.
// expect: interrupted
const a = '\u03b1\u00df'.repeat(scale * 10e6);
print('ready');
for (;;) a.toUpperCase();
