// Strings of 100 MB by padding.
// expect: interrupted
print('ready');
for (;;) { 'a'.padStart(scale * 100e6); 'a'.padEnd(scale * 100e6, 'xyz'); }
