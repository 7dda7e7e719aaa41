// Strings of 200 MB by padding.
// expect: interrupted
print('ready');
for (;;) { 'a'.padStart(scale * 200e6); 'a'.padEnd(scale * 200e6, 'xyz'); }
