// Two strings of 100 MB that are equal, one of them two bytes a character.
// expect: interrupted
const a = 'a'.repeat(scale * 50e6), b = '\u1234'.repeat(scale * 50e6 - 1) + 'a';
const c = ('\u1234' + 'a'.repeat(scale * 20e6)).slice(1);
print('ready');
for (;;) { a.startsWith(c); b === c; c < a; }
