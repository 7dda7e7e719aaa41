// BigInts of a million bits, multiplied and divided.
// expect: interrupted
const a = (1n << 500000n) - 1n;
print('ready');
for (;;) { a * a; (a * a) / a; a ** 2n; BigInt.asUintN(400000, a); }
