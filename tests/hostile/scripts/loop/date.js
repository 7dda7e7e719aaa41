// Dates are made from objects that are never numbers.
// expect: interrupted
new Date({ [Symbol.toPrimitive]() { for (;;); } });
