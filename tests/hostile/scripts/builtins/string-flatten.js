// Ropes of many pieces, made one string.
// expect: interrupted
print('ready');
for (;;) { let s = ''; for (let i = 0; i < scale * 4e6; i++) s += 'abcdefgh'; s.charCodeAt(0); }
