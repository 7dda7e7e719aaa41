// A Collatz-like walk over BigInts, which grow.
// expect: interrupted
for (let n = 27n; ; n = n % 2n ? n * 3n + 1n : n / 2n) if (n === 1n) n = (1n << 200n) + 1n;
