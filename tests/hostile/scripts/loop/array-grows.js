// An array that grows while it is walked through, and shrinks.
// expect: interrupted
const a = [1];
for (const x of a) { a.push(x); a.shift(); a.unshift(0); }
