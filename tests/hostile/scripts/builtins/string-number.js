// Huge strings as numbers.
// expect: interrupted
const a = '1'.repeat(scale * 60e6), b = ' '.repeat(scale * 60e6);
print('ready');
for (;;) { +a; parseInt(a); parseFloat(a); +b; Number('0x' + a); }
