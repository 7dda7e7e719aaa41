// Expressions of many named groups are compiled, and have their names looked up.
// expect: interrupted
let a = '';
for (let i = 0; i < 250; i++) a += `(?<n${i}>a)`;
for (let i = 0; i < scale * 2e4; i++) a += `\\k<n${i % 250}>`;
print('ready');
for (;;) new RegExp(a);
