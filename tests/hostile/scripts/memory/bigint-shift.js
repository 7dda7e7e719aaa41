// A BigInt of a billion bits.
// expect: throws RangeError | out of memory
1n << 2n ** 40n;
