// A huge wide string is made well-formed.
// expect: interrupted
const a = '\ud800x'.repeat(scale * 1e6);
print('ready');
for (;;) { a.toWellFormed(); a.isWellFormed(); }
