// The console formats a value that is never a number.
// expect: interrupted
console.log('%d %s %o', { [Symbol.toPrimitive]() { for (;;); } }, { toString() { for (;;); } }, 1);
for (;;);
