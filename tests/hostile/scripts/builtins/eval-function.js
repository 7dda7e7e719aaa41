// Functions of many statements, variables and constants are compiled.
// expect: interrupted
let a = '', b = '';
for (let i = 0; i < scale * 3e4; i++) { a += `let v${i} = 'c${i}';`; b += `v${i},`; }
print('ready');
for (;;) { new Function(a); new Function(b, ''); }
