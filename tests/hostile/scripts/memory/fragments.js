// Memory is taken and freed in pieces that do not fit each other.
// expect: interrupted | out of memory
for (let n = 1; ; n++) { const a = []; for (let i = 0; i < 500; i++) a.push(new Uint8Array(n * 37 % 9000)); for (let i = 0; i < 500; i += 2) a[i] = null; globalThis['k' + n % 20] = a; }
