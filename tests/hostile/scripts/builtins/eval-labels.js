// A function of many branches: the compiler's later passes.
// expect: interrupted
const a = 'if (x) y(); else z();'.repeat(scale * 3e5), b = 'switch (x) {' + 'case 1: break;'.repeat(scale * 2e5) + '}';
print('ready');
for (;;) { new Function(a); new Function(b); }
