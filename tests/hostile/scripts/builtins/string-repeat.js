// Strings of 200 MB.
// expect: interrupted
print('ready');
for (;;) { 'a'.repeat(scale * 200e6); 'ab'.repeat(scale * 100e6); '\u1234'.repeat(scale * 100e6); }
