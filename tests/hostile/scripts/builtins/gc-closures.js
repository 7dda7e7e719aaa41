// A chain of closures becomes garbage at once.
// expect: interrupted
print('ready');
for (;;) { let f = null; for (let i = 0; i < scale * 5e5; i++) { const g = f; f = () => g; } }
