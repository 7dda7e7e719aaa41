// Spreading into a call something whose iterator is never made.
// expect: interrupted
Math.max(...{ [Symbol.iterator]() { for (;;); } });
