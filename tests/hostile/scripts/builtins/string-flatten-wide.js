// A rope of few huge pieces, made one string.
// expect: interrupted
const a = 'a'.repeat(scale * 30e6);
print('ready');
for (;;) { (a + a + '\u1234').charCodeAt(0); }
