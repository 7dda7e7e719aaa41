// Ropes that share nothing.
// expect: out of memory
const all = [];
for (let i = 0; ; i++) all.push('abc'.repeat(100) + i);
