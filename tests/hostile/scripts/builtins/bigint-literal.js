// Numbers of a million digits in the source, in bases that need no multiplication.
// expect: interrupted
const a = '0x' + 'f'.repeat(200000) + 'n', b = '9'.repeat(300000) + 'n';
print('ready');
for (;;) { (0, eval)(a); (0, eval)(b); }
