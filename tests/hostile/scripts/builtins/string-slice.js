// Halves of a huge string.
// expect: interrupted
const a = 'a'.repeat(scale * 100e6);
print('ready');
for (;;) { a.slice(1); a.substring(2); a.trim(); a.at(3); }
