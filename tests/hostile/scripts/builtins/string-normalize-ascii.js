// A string of 20 MB in each of the four forms.
// expect: interrupted
const a = 'a'.repeat(scale * 8e6) + '\u00e9';
print('ready');
for (;;) { a.normalize('NFC'); a.normalize('NFD'); }
