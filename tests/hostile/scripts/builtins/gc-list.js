// A list of a million links becomes garbage at once.
// expect: interrupted
print('ready');
for (;;) { let l = null; for (let i = 0; i < scale * 2e6; i++) l = { l }; }
